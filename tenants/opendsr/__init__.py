"""OpenDSR 2.0 both ways: the controller asks, the processor carries out.

`wire`, `dialects`, `signatures`, `certificates` and `verifying` are the standard itself and know no database; both
sides and the conformance checker speak through them. As a processor: `controllers` (who may ask us), `receiving`,
`carrying_out`, `telling`. As a controller: `endpoints` (whom we may ask), `asking`, `hearing`,
`informing` (recipients are asked what Art. 19 tells them), `settling`.
"""
