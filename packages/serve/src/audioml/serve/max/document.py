"""What MAX's API says of itself: its Swagger 2.0 document and the metadata of its model."""

from __future__ import annotations

from typing import Any

__all__ = ["AUDIO_HELP", "METADATA", "TITLE", "document"]

TITLE = "MAX Audio Embedding Generator"
AUDIO_HELP = "signed 16-bit PCM WAV audio file"

METADATA = {
    "id": "audio_embeddings-tf",
    "name": "audio_embeddings TensorFlow Model",
    "description": "audio_embeddings TensorFlow model trained on Audio Set",
    "type": "audio_embeddings",
    "source": "https://developer.ibm.com/exchanges/models/all/max-audio-embedding-generator/",
    "license": "Apache 2.0",
}

_OPTIONAL = "license"


def document(base: str) -> dict[str, Any]:
    """Return the Swagger 2.0 document of the API below the path ``base``, keys in its order."""
    return {
        "swagger": "2.0",
        "basePath": base,
        "paths": {"/model/metadata": {"get": _metadata()}, "/model/predict": {"post": _predict()}},
        "info": {
            "title": TITLE,
            "version": "1.2.0",
            "description": "Generate embedding vectors from audio files.",
        },
        "produces": ["application/json"],
        "consumes": ["application/json"],
        "tags": [{"name": "model", "description": "Model information and inference operations"}],
        "definitions": {"ModelMetadata": _about_model(), "ModelPredictResponse": _response()},
        "responses": {
            "ParseError": {"description": "When a mask can't be parsed"},
            "MaskError": {"description": "When any error occurs on mask"},
        },
    }


def _success(definition: str) -> dict[str, Any]:
    schema = {"$ref": f"#/definitions/{definition}"}
    return {"200": {"description": "Success", "schema": schema}}


def _metadata() -> dict[str, Any]:
    return {
        "responses": _success("ModelMetadata"),
        "summary": "Return the metadata associated with the model",
        "operationId": "get_model_metadata_api",
        "tags": ["model"],
    }


def _predict() -> dict[str, Any]:
    audio = {
        "name": "audio",
        "in": "formData",
        "type": "file",
        "required": True,
        "description": AUDIO_HELP,
    }
    return {
        "responses": _success("ModelPredictResponse"),
        "summary": "Generate audio embedding from input data",
        "operationId": "predict",
        "parameters": [audio],
        "consumes": ["multipart/form-data"],
        "tags": ["model"],
    }


def _about_model() -> dict[str, Any]:
    titles = {"id": "identifier"}
    return {
        "required": sorted(METADATA.keys() - {_OPTIONAL}),
        "properties": {
            name: {"type": "string", "description": f"Model {titles.get(name, name)}"}
            for name in METADATA
        },
        "type": "object",
    }


def _response() -> dict[str, Any]:
    row = {"type": "array", "description": "Generated embedding", "items": {"type": "number"}}
    return {
        "required": ["status"],
        "properties": {
            "status": {"type": "string", "description": "Response status message"},
            "embedding": {"type": "array", "items": row},
        },
        "type": "object",
    }
