"""The front page of the report: what an auditor is told first, in one file that needs neither a script nor Node."""
