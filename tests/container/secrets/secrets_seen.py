"""No secret stands where it could be read, and nothing that a user prepares runs as root."""

PASSWORD = "password-to-be-found-nowhere"
TOKEN = "token-to-be-found-nowhere"
SETTINGS = {"LABUID": "1000", "LABPASSWD": PASSWORD, "JUPYTER_TOKEN": TOKEN, "LABLOG": "debug"}
