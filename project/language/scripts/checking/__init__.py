"""What can be known before anything is trained: the parts of the step `check`."""
