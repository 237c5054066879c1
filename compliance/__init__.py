"""Governance probes and compliance for an estate."""
