import Domain
import Testing

@testable import Storage

@Suite("The store's schema")
struct SchemaTests {
  /// What stands in an empty store.
  static func rows(_ sql: String) throws -> [[String]] {
    let test = try TestStore()
    return try test.store.read { connection throws(StorageError) in
      try connection.rows(sql) { row throws(StorageError) in
        (0..<row.count).map { row.text($0) }
      }
    }
  }

  static func columns() throws -> [String: [String: String]] {
    var tables: [String: [String: String]] = [:]
    for row in try rows(
      """
      SELECT t.name, c.name, c.type FROM pragma_table_list t, pragma_table_xinfo(t.name) c
      WHERE t.schema = 'main'
      """)
    {
      tables[row[0], default: [:]][row[1]] = row[2]
    }
    return tables
  }

  @Test("every table and column of the users' schema is there, under its name and with its type")
  func seed() throws {
    let tables = try Self.columns()
    for table in SeedSchema.tables {
      for (column, type) in table.columns {
        #expect(tables[table.name]?[column] == type, "\(table.name).\(column)")
      }
    }
  }

  @Test("every field of every resource has a column that fits its kind")
  func fields() throws {
    let tables = try Self.columns()
    func expect(_ fields: [FieldDefinition], in table: String) {
      for field in fields where field.isColumn {
        let expected =
          switch field.kind {
          case .integer, .money, .boolean, .reference(.leases): "INTEGER"
          case .sealed: "BLOB"
          default: "TEXT"
          }
        #expect(tables[table]?[field.name] == expected, "\(table).\(field.name)")
      }
    }
    for resource in Resource.allCases {
      let schema = RecordSchema.of(resource)
      expect(schema.fields, in: schema.table)
      if !schema.buildiumIDColumn.isEmpty {
        #expect(tables[schema.table]?[schema.buildiumIDColumn] == "INTEGER", "\(resource)")
      }
      if let lines = schema.lineTable {
        expect(schema.lineFields, in: lines.name)
        #expect(tables[lines.name]?[lines.parentColumn] == "TEXT", "\(resource)")
        #expect(tables[lines.name]?["position"] == "INTEGER", "\(resource)")
      }
    }
  }

  @Test("every named index of the users' schema is there and begins with its columns")
  func indexes() throws {
    let found = try Self.indexColumns()
    for index in SeedSchema.indexes {
      let there = found[index.name]
      #expect(there?.table == index.table, "\(index.name)")
      #expect(
        there?.columns.starts(with: index.columns) == true,
        "\(index.name): \(there?.columns ?? [])")
      if index.name.hasSuffix("_key") { #expect(there?.isUnique == true, "\(index.name)") }
    }
  }

  @Test("what may be there once is held by a unique key")
  func uniqueKeys() throws {
    let unique = try Self.indexColumns().values.filter(\.isUnique)
    for key in SeedSchema.uniqueKeys {
      #expect(
        unique.contains { $0.table == key.table && $0.columns == key.columns },
        "\(key.table) \(key.columns)")
    }
    #expect(
      unique.contains {
        $0.table == "transactions"
          && $0.columns.suffix(2) == ["provider", "provider_transaction_id"]
      })
  }

  struct Index {
    var table: String
    var isUnique: Bool
    var columns: [String] = []
  }

  static func indexColumns() throws -> [String: Index] {
    var indexes: [String: Index] = [:]
    for row in try rows(
      """
      SELECT i.name, t.name, i."unique", COALESCE(c.name, '') FROM pragma_table_list t,
        pragma_index_list(t.name) i, pragma_index_info(i.name) c
      WHERE t.schema = 'main' ORDER BY i.name, c.seqno
      """)
    {
      indexes[row[0], default: Index(table: row[1], isUnique: row[2] == "1")].columns.append(row[3])
    }
    return indexes
  }

  @Test("every table is STRICT, so a column holds its type and nothing else")
  func strictness() throws {
    let loose = try Self.rows(
      """
      SELECT name FROM pragma_table_list
      WHERE schema = 'main' AND type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite_%'
      """)
    #expect(loose.isEmpty)
  }

  @Test("no column holds a floating-point number")
  func noFloats() throws {
    // The index of letters has tables of SQLite's own making.
    for (table, columns) in try Self.columns()
    where !table.hasPrefix("sqlite_") && !table.hasPrefix("transaction_words") {
      for (column, type) in columns {
        #expect(["TEXT", "INTEGER", "BLOB"].contains(type), "\(table).\(column) \(type)")
      }
    }
  }
}
