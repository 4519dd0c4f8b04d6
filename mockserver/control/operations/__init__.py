"""The operations of the control API: one method for each operationId of openapi.yaml."""
