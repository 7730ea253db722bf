"""What takes a second person before somebody in danger is reached another way: decided, verified, lifted."""
