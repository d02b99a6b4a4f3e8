"""crema's chord model (McFee and Bello 2017) for audioml, in numpy alone."""

__all__: list[str] = []
