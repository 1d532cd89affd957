/// What a side said of a choice it refused, and which fields a person is asked about again.
enum RefusalTables {
  static let statements: [String] = [
    "ALTER TABLE conflicts ADD COLUMN refusal TEXT",
    // Names of fields, as a JSON list: they wait whatever the base says.
    "ALTER TABLE pair_state ADD COLUMN asked TEXT NOT NULL DEFAULT '[]'",
  ]
}
