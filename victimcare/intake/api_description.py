"""The API in OpenAPI's words, kept by hand beside `api.py`; tests hold the two together."""

from typing import Any

_ERROR: dict[str, Any] = {
    "description": "What is wrong, in a sentence",
    "content": {
        "application/json": {
            "schema": {"type": "object", "properties": {"error": {"type": "string"}}, "required": ["error"]}
        }
    },
}
_COUNTS = ("expected", "received", "accepted", "updated", "unchanged", "suppressed", "quarantined")
_EXTRACT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "reference": {"type": "string"},
        "state": {
            "type": "string",
            "enum": ["waiting", "reading", "done", "unreadable", "parked", "undoing", "withdrawn"],
        },
        "kind": {"type": "string", "enum": ["", "referrals", "events", "hearings", "contacts"]},
        "encoding": {"type": "string"},
        "arrived_at": {"type": "string", "format": "date-time"},
        "finished_at": {"type": "string", "format": "date-time", "nullable": True},
        "sentence": {"type": "string"},
        "unknown_columns": {"type": "array", "items": {"type": "string"}},
        **{name: {"type": "integer", "minimum": 0} for name in _COUNTS},
        "problems": {
            "type": "array",
            "maxItems": 100,
            "items": {
                "type": "object",
                "properties": {
                    "row": {"type": "integer"},
                    "column": {"type": "string"},
                    "reason": {"type": "string"},
                    "settled": {"type": "boolean"},
                },
            },
        },
        "kept": {
            "type": "array",
            "maxItems": 100,
            "description": "Columns that were not taken over, because a person here had confirmed them",
            "items": {
                "type": "object",
                "properties": {
                    "row": {"type": "integer"},
                    "columns": {"type": "array", "items": {"type": "string"}},
                },
            },
        },
        "next": {"type": "string", "nullable": True},
    },
}
DESCRIPTION: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Victim Care: extracts", "version": "1"},
    "security": [{"token": []}],
    "paths": {
        "/api/v1/extracts": {
            "post": {
                "summary": "Send an extract of referrals, events, hearings or contacts",
                "requestBody": {
                    "required": True,
                    "content": {
                        "text/csv": {"schema": {"type": "string", "format": "binary", "maxLength": 8388608}},
                        "application/json": {
                            "schema": {"type": "array", "items": {"type": "object"}},
                        },
                    },
                },
                "responses": {
                    "202": {
                        "description": "Kept, and read within seconds",
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "properties": {
                                        "reference": {"type": "string"},
                                        "state": {"type": "string"},
                                        "url": {"type": "string"},
                                    },
                                }
                            }
                        },
                    },
                    **{status: _ERROR for status in ("401", "403", "409", "413", "415", "422", "429")},
                },
            }
        },
        "/api/v1/extracts/{reference}": {
            "get": {
                "summary": "What became of an extract that was sent here",
                "parameters": [
                    {"name": "reference", "in": "path", "required": True, "schema": {"type": "string"}},
                    {"name": "after", "in": "query", "schema": {"type": "integer", "minimum": 0}},
                ],
                "responses": {
                    "200": {
                        "description": "Its state, counts and problems",
                        "content": {"application/json": {"schema": _EXTRACT}},
                    },
                    **{status: _ERROR for status in ("401", "403", "404", "429")},
                },
            }
        },
    },
    "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
}
