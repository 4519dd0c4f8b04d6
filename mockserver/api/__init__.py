"""The HTTP API of Canvas, served by Connexion from openapi.yaml."""
