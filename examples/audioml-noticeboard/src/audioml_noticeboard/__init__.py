"""When was it heard last? A noticeboard, and a model to try it with."""
