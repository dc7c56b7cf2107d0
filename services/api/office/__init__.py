"""The office: where the staff of a group follow requests, imports, jobs and the audit."""
