"""Printed documents and analysis reports. One folder a room."""
