"""VGGish in 8-bit integers: what it is calibrated on, how it is made, and how far it is off."""
