print("rentbook")
