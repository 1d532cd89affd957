// Records found by words of their names, in any order of the words.
import Domain

struct RecordSearch {
  let state: ListReader.State

  /// Words of a search that are looked for; more are ignored.
  private static let wordsMax = 6

  /// One list that is searched.
  private struct Place {
    let list: ListName
    /// Expressions of `t` a word may stand in, the likeliest first.
    let texts: [String]
    /// Other records whose names count: the row's key is among the ids of this select, in which `%`
    /// stands for the condition.
    var others: [(key: String, from: String, text: String)] = []
    /// Buildium's number, which is found when it is typed wholly.
    var number: String?
    /// What tells records of one name apart.
    let subtitle: String
  }

  private static let properties = "SELECT p.id FROM properties p"

  /// In the order in which equally good finds stand.
  private static let places: [Place] = [
    Place(
      list: .tenants, texts: ["t.last_name", "t.first_name"], number: "t.buildium_tenant_id",
      subtitle: """
        TRIM(COALESCE((\(ListSource.of(.tenants, hasJournal: false).columns["property"]?.shown
          ?? "''")), '') || ' '
          || COALESCE((\(ListSource.of(.tenants, hasJournal: false).columns["unit"]?.shown
          ?? "''")), ''))
        """),
    Place(
      list: .properties, texts: ["t.name", "t.address_line1"], number: "t.buildium_property_id",
      subtitle: "TRIM(COALESCE(t.address_line1, '') || ' ' || COALESCE(t.city, ''))"),
    Place(
      list: .units, texts: ["t.unit_number"],
      others: [("t.property_id", properties, "p.name")], number: "t.buildium_unit_id",
      subtitle: "COALESCE(t.address_line1, '')"),
    Place(
      list: .leases, texts: ["t.unit_number"],
      others: [
        ("t.\"propertyId\"", properties, "p.name"), ("t.id", leases, "n.last_name"),
        ("t.id", leases, "n.first_name"),
      ], number: "t.buildium_lease_id",
      subtitle: """
        TRIM(COALESCE(t.status, '') || ' ' || COALESCE(t."startDate", '') || ' '
          || COALESCE(\(ListSource.of(.leases, hasJournal: false).columns["tenants"]?.shown
          ?? "''"), ''))
        """),
    Place(
      list: .owners, texts: ["t.last_name", "t.first_name", "t.company_name"],
      number: "t.buildium_owner_id", subtitle: "COALESCE(t.email, '')"),
    Place(
      list: .vendors, texts: ["t.name"], number: "t.buildium_vendor_id",
      subtitle: "COALESCE(t.contact_name, t.email, '')"),
    Place(
      list: .bills, texts: ["t.reference_number"],
      others: [("t.vendor_id", "SELECT v.id FROM vendors v", "v.name")],
      number: "t.buildium_bill_id",
      subtitle: "TRIM(COALESCE(t.due_date, '') || ' ' || COALESCE(p.name, ''))"),
    Place(
      list: .glAccounts, texts: ["t.name", "t.account_number"], number: "t.buildium_gl_account_id",
      subtitle: "COALESCE(t.type, '')"),
    Place(
      list: .bankAccounts, texts: ["t.name"], number: "t.buildium_bank_id",
      subtitle: "COALESCE(t.bank_account_type, '')"),
  ]

  private static let leases =
    "SELECT lt.lease_id FROM tenants n JOIN lease_tenants lt ON lt.tenant_id = n.id"

  func hits(_ text: String, limit: Int) throws(StorageError) -> [RecordHit] {
    let words = text.split(whereSeparator: \.isWhitespace).prefix(Self.wordsMax).map(String.init)
    guard !words.isEmpty, limit > 0 else { return [] }
    var found: [(hit: RecordHit, score: Int)] = []
    for place in Self.places {
      for hit in try hits(words, in: place, limit: limit) {
        found.append((hit, Self.score(hit.title, words)))
      }
    }
    // Where two are equally good, the order of the places.
    let best = found.enumerated().sorted {
      $0.element.score != $1.element.score
        ? $0.element.score < $1.element.score : $0.offset < $1.offset
    }
    return best.prefix(limit).map(\.element.hit)
  }

  private func hits(
    _ words: [String], in place: Place, limit: Int
  ) throws(StorageError) -> [RecordHit] {
    let source = ListSource.of(place.list, hasJournal: state.hasJournal)
    var arguments = ListArguments()
    let conditions = words.map { word in
      let pattern = arguments.place(.text("%\(ListConditions.escaped(word))%"))
      var any = place.texts.map { "\($0) LIKE \(pattern) ESCAPE '\\'" }
      any += place.others.map {
        "COALESCE(\($0.key), '') IN (\($0.from) WHERE \($0.text) LIKE \(pattern) ESCAPE '\\')"
      }
      if let number = place.number, let value = Int64(word) {
        any.append("\(number) = \(arguments.place(.integer(value)))")
      }
      return "(\(any.joined(separator: " OR ")))"
    }
    // Names that begin with a word before those that hold it somewhere.
    let begins = words.flatMap { word in
      let pattern = arguments.place(.text("\(ListConditions.escaped(word))%"))
      return place.texts.map { "CASE WHEN \($0) LIKE \(pattern) ESCAPE '\\' THEN 1 ELSE 0 END" }
    }
    let ids = try state.connection.rows(
      """
      SELECT t.id FROM \(source.table) t
      WHERE \(source.isPresent) AND \(conditions.joined(separator: " AND "))
      ORDER BY \(begins.joined(separator: " + ")) DESC LIMIT \(arguments.place(.int(limit)))
      """, arguments: arguments.values
    ) { row throws(StorageError) in row.text(0) }
    let sql = """
      SELECT TRIM(\(RecordTitles.names[place.list] ?? "''")), \(place.subtitle)
      FROM \(source.table) t \(source.joins) WHERE t.id = $1
      """
    var hits: [RecordHit] = []
    for id in ids {
      let hit = try state.connection.row(sql, .local(id)) { row throws(StorageError) in
        RecordHit(RecordReference(place.list, id), title: row.text(0), subtitle: row.text(1))
      }
      if let hit { hits.append(hit) }
    }
    return hits
  }

  /// How far a title is from what was typed; 0 is the same.
  private static func score(_ title: String, _ words: [String]) -> Int {
    let parts = title.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
    var score = 0
    for word in words.map({ $0.lowercased() }) {
      if parts.contains(word) { continue }
      score +=
        parts.contains { $0.hasPrefix(word) } ? 1 : parts.contains { $0.contains(word) } ? 4 : 8
    }
    // Among equals the shorter name says more of what was typed.
    return score * 100 + min(99, title.count)
  }
}
