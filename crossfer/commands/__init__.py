"""The commands of `crossfer`. Each raises `UserError` for what the user can fix."""
