"""The task kettle: whether one whistles in the noise of a kitchen."""
