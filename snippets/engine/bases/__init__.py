"""A FROM reference -> what a build stands on: the registry's image, or a stand-in made by a recipe of `recipes/`."""
