"""Songs that a program makes up and plays: to try training with, and for the model that ships."""
