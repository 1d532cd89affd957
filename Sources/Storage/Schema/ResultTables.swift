/// The figures of final months as records, which are kept in step with the owners' base like others.
enum ResultTables {
  static let statements: [String] = [
    """
    CREATE TABLE noi_results (
      id TEXT NOT NULL PRIMARY KEY,
      month TEXT,
      property_id TEXT REFERENCES properties(id),
      owner_id TEXT REFERENCES owners(id),
      basis TEXT,
      revenue INTEGER,
      operating_expenses INTEGER,
      noi INTEGER,
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL,
      deleted_at TEXT
    ) STRICT
    """,
    CoreTables.linkIndex("noi_results", "property_id"),
    CoreTables.linkIndex("noi_results", "owner_id"),
    """
    CREATE TABLE owner_draw_results (
      id TEXT NOT NULL PRIMARY KEY,
      month TEXT,
      property_id TEXT REFERENCES properties(id),
      owner_id TEXT REFERENCES owners(id),
      noi_share INTEGER,
      reserve_held INTEGER,
      draw INTEGER,
      cumulative_draws INTEGER,
      available INTEGER,
      status TEXT,
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL,
      deleted_at TEXT
    ) STRICT
    """,
    CoreTables.linkIndex("owner_draw_results", "property_id"),
    CoreTables.linkIndex("owner_draw_results", "owner_id"),
  ]
}
