"""What a value becomes in a field of another type, one room for each family of types.

Each function takes a value, and returns it as the field holds it or what is left of it (`Partly`), or raises
`Unfit`.
"""
