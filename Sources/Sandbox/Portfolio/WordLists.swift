/// Words to name invented people, places and trades with.
enum WordLists {
  static let firstNames = [
    "Ada", "Amir", "Anneke", "Aroha", "Beatriz", "Bram", "Caleb", "Chidi", "Clara", "Dagny",
    "Daniel", "Dolores", "Elif", "Emeka", "Esther", "Farid", "Fiona", "Gareth", "Giulia", "Grace",
    "Hanna", "Hector", "Ines", "Ivan", "Jamal", "Joan", "Jonas", "Kamala", "Kenji", "Lars",
    "Leila", "Lucia", "Malik", "Marta", "Mateo", "Mei", "Nadia", "Nils", "Noor", "Olga", "Omar",
    "Paula", "Petra", "Priya", "Quentin", "Rafael", "Rosa", "Ruth", "Samuel", "Sana", "Silvia",
    "Stefan", "Tamsin", "Tariq", "Theo", "Ulrike", "Vera", "Victor", "Wanda", "Yara", "Yusuf",
    "Zoe",
  ]
  static let lastNames = [
    "Abbott", "Adeyemi", "Alvarez", "Andersen", "Baptiste", "Barrow", "Becker", "Bianchi",
    "Calloway", "Castillo", "Chaudhry", "Cohen", "Dubois", "Eriksen", "Falk", "Farrell", "Ferreira",
    "Fontaine", "Gallagher", "Garza", "Gupta", "Haddad", "Hartley", "Hoang", "Ibrahim", "Iyer",
    "Jansen", "Kaplan", "Karlsson", "Kowalski", "Lindqvist", "Lombard", "Mbeki", "McAllister",
    "Medina", "Moreau", "Nakamura", "Novak", "Nwosu", "Okafor", "Oliveira", "Park", "Pereira",
    "Petrov", "Quist", "Ramos", "Rossi", "Sandoval", "Schaefer", "Silva", "Sorensen", "Suzuki",
    "Tanaka", "Thornton", "Ueda", "Valdez", "Vasquez", "Weaver", "Whitlock", "Yamada", "Zeller",
  ]
  /// Names that break careless programs: accents, combining marks, other scripts, emoji, a very
  /// long one, an apostrophe, and one with control characters and a spreadsheet formula.
  static let hardNames: [(first: String, last: String)] = [
    ("Zoë", "D’Angelo-Núñez"), ("Jose\u{301}", "Mun\u{303}oz"), ("小林", "美咲"), ("지우", "김"),
    ("Ольга", "Кузнецова"), ("Nguyễn", "Thị Hồng Nhung"), ("مريم", "الحسيني"),
    ("Sunny ☀️", "O'Brien 👩‍👩‍👧"), ("Håkon", "Øyelaran-Ångström"), ("Þórdís", "Ægisdóttir"),
    ("Maximiliana Theodora Anastasia", "von und zu Hohenlohe-Waldenburg-Schillingsfürst"),
    (
      "\u{1B}[31mRoot\u{7}\r\n",
      "=HYPERLINK(\"http://example.invalid\",\"pay\")\u{202E}\u{0}"
    ),
  ]
  static let streets = [
    "Alder", "Beacon", "Birch", "Canal", "Chestnut", "Clover", "Dogwood", "Eastgate", "Fern",
    "Foundry", "Garnet", "Granary", "Harbor", "Hawthorn", "Heron", "Ivy", "Juniper", "Kiln",
    "Larch", "Lantern", "Magnolia", "Mill", "Mulberry", "Orchard", "Osprey", "Pearl", "Pine",
    "Quarry", "Quince", "Redwood", "Saddle", "Sparrow", "Tannery", "Thistle", "Union", "Vine",
    "Walnut", "Weaver", "Willow", "Yarrow",
  ]
  static let streetKinds = ["Street", "Avenue", "Lane", "Court", "Road", "Place", "Way"]
  static let cities: [(name: String, state: String, postal: Int)] = [
    ("Fairhaven", "OR", 97100), ("Millbrook", "OR", 97300), ("Cedar Falls", "WA", 98000),
    ("Port Lavender", "WA", 98300), ("Eastmere", "ID", 83600), ("Copper Ridge", "NV", 89400),
    ("Saint Alban", "CA", 95500),
  ]
  static let buildingWords = [
    "Commons", "Court", "Flats", "Gardens", "House", "Lofts", "Row", "Terrace", "Village",
  ]
  static let companyWords = [
    "Aspen", "Bluewater", "Cornerstone", "Driftwood", "Evergreen", "Foxglove", "Granite",
    "Highland", "Ironwood", "Keystone", "Lakeshore", "Meridian", "Northfield", "Oakline",
    "Pinnacle", "Riverside", "Summit", "Tidewater", "Westbrook",
  ]
  static let companyEndings = ["Holdings LLC", "Properties LLC", "Realty Trust", "Partners LP"]
  static let trades: [(category: String, business: String)] = [
    ("Plumbing", "Plumbing"), ("HVAC", "Heating & Air"), ("Landscaping", "Landscaping"),
    ("Electrical", "Electric"), ("Cleaning", "Cleaning Co."), ("Insurance", "Insurance Agency"),
    ("Legal", "Law Offices"), ("Utilities", "Power & Water"), ("General Contractor", "Builders"),
    ("Pest Control", "Pest Control"),
  ]
  static let billMemos = [
    "Leak under kitchen sink", "Furnace service", "Lawn and leaves", "Water and sewer",
    "Turnover cleaning", "Gutter repair", "Lock replaced", "Annual inspection", "Lamp in stairway",
    "Drain cleared", "Policy premium", "Eviction filing",
  ]
  static let taskTitles = [
    "Kitchen tap drips", "No hot water", "Heater makes noise", "Window will not close",
    "Smoke alarm beeps", "Mice in basement", "Parking space taken", "Renew lease",
    "Collect keys", "Walk through before move-in", "Light out in hallway", "Washer leaks",
  ]
  static let taskCategories: [(name: String, subs: [String])] = [
    ("Maintenance Request", ["Plumbing", "Heating", "Electrical", "Appliance"]),
    ("General Inquiry", []), ("Complaint", ["Noise", "Parking"]), ("Feedback/Suggestion", []),
    ("Other", []),
  ]
}
