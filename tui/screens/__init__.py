"""The screens: each takes what it shows from the session and holds no business rules."""
