"""What deal registration knows without a database: typed, doctested, standard library only."""
