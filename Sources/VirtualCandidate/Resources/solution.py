def two_sum(numbers, target):
    """Indices of the two numbers that add up to target."""
    seen = {}
    for index, number in enumerate(numbers):
        rest = target - number
        if number in seen:
            return [seen[number], index]
        seen[number] = index
    return []
