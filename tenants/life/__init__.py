"""The life of a tenant: founded, suspended and resumed, taken along as files, erased; its keys made anew."""
