import Domain
import Testing

@testable import Storage

@Suite("Lists kept by triggers")
struct CacheTests {
  /// What the lists must show, worked out here from the records.
  private struct Expected {
    var owners: [String] = []
    var shares: [String] = []
    var numbers: [String] = []
  }

  private static let fields = [
    "is_company", "company_name", "first_name", "last_name", "email", "phone_mobile", "phone_home",
    "phone_work", "management_agreement_start_date", "deleted_at", "buildium_owner_id",
  ]

  private static func name(_ owner: [String: String?]) -> String {
    func text(_ field: String) -> String { (owner[field] ?? nil) ?? "" }
    let person = [text("first_name"), text("last_name")].filter { !$0.isEmpty }
      .joined(separator: " ")
    if text("is_company") == "1", !text("company_name").isEmpty { return text("company_name") }
    return person.isEmpty ? text("company_name") : person
  }

  private static func phone(_ owner: [String: String?]) -> String {
    for field in ["phone_mobile", "phone_home", "phone_work"] {
      if let number = owner[field] ?? nil, !number.isEmpty { return number }
    }
    return "null"
  }

  private func expected(_ test: TestStore) throws -> Expected {
    func table(_ sql: String, _ names: [String]) throws -> [[String: String?]] {
      try test.store.read { connection throws(StorageError) in
        try connection.rows(sql) { row throws(StorageError) in
          var result: [String: String?] = [:]
          for (column, name) in names.enumerated() { result[name] = row.optionalText(column) }
          return result
        }
      }
    }
    let names = ["id"] + Self.fields
    let owners = try table("SELECT \(names.joined(separator: ", ")) FROM owners", names)
    let columns = ["id", "owner_id", "property_id", "effective_to", "ownership_percentage"]
    let shares = try table("SELECT \(columns.joined(separator: ", ")) FROM ownership", columns)
    let properties = try table("SELECT id FROM properties", ["id"])
    func text(_ row: [String: String?], _ name: String) -> String { (row[name] ?? nil) ?? "null" }
    var expected = Expected()
    for owner in owners where text(owner, "deleted_at") == "null" {
      expected.owners.append(
        [
          text(owner, "id"), Self.name(owner), text(owner, "email"), Self.phone(owner),
          text(owner, "management_agreement_start_date"),
        ].joined(separator: " "))
    }
    for share in shares {
      let owner = owners.first { text($0, "id") == text(share, "owner_id") } ?? [:]
      expected.shares.append(
        [
          text(share, "id"), text(share, "property_id"), text(share, "owner_id"),
          Self.name(owner), text(owner, "email"), text(share, "ownership_percentage"),
          Self.name(owner),
        ].joined(separator: " "))
    }
    for property in properties {
      let present = shares.filter {
        text($0, "property_id") == text(property, "id") && text($0, "effective_to") == "null"
      }
      let numbers = Set(
        owners.filter { owner in
          text(owner, "deleted_at") == "null"
            && present.contains { text($0, "owner_id") == text(owner, "id") }
        }.compactMap { Int(text($0, "buildium_owner_id")) })
      let list = numbers.sorted().map { "\($0)" }.joined(separator: ",")
      expected.numbers.append("\(text(property, "id")) [\(list)]")
    }
    return expected
  }

  private func stored(_ test: TestStore) throws -> Expected {
    var found = Expected()
    found.owners = try test.rows(
      """
      SELECT owner_id, display_name, primary_email, primary_phone, management_agreement_start_date
      FROM owners_list_cache
      """)
    found.shares = try test.rows(
      """
      SELECT c.ownership_id, c.property_id, c.owner_id, c.display_name, c.primary_email,
        c.ownership_percentage, o.owner_name
      FROM property_ownerships_cache c JOIN ownership o ON o.id = c.ownership_id
      """)
    found.numbers = try test.rows("SELECT id, rental_owner_ids FROM properties")
    return found
  }

  @Test(
    "after any mix of changes the lists are what they would be if they were made anew",
    arguments: [1, 2, 3] as [UInt64])
  func mix(_ seed: UInt64) throws {
    let test = try TestStore()
    var random = SeededRandom(state: seed)
    func pick(_ upTo: Int) -> Int { Int.random(in: 0..<upTo, using: &random) }
    func value(_ field: String) -> String {
      switch field {
      case "is_company": ["0", "1", "NULL"][pick(3)]
      case "buildium_owner_id": pick(3) == 0 ? "NULL" : "\(pick(100_000))"
      case "deleted_at": pick(4) == 0 ? "'2026'" : "NULL"
      case "management_agreement_start_date": pick(2) == 0 ? "NULL" : "'2026-0\(1 + pick(9))-01'"
      default: pick(3) == 0 ? "NULL" : "'\(field.prefix(2))\(pick(50))'"
      }
    }
    var taken = 0
    for step in 0..<500 {
      let (owner, property, share) = ("o\(pick(12))", "p\(pick(6))", "s\(pick(30))")
      let statement: String
      switch pick(9) {
      case 0:
        statement = """
          INSERT INTO owners (id, \(Self.fields.joined(separator: ", ")), created_at, updated_at)
          VALUES ('\(owner)', \(Self.fields.map(value).joined(separator: ", ")), '', '\(step)')
          """
      case 1, 2:
        let field = Self.fields[pick(Self.fields.count)]
        statement = "UPDATE owners SET \(field) = \(value(field)) WHERE id = '\(owner)'"
      case 3: statement = "DELETE FROM owners WHERE id = '\(owner)'"
      case 4:
        statement = """
          INSERT INTO properties (id, created_at, updated_at) VALUES ('\(property)', '', '')
          """
      case 5: statement = "DELETE FROM properties WHERE id = '\(property)'"
      case 6:
        statement = """
          INSERT INTO ownership (id, owner_id, property_id, effective_from, ownership_percentage,
            created_at, updated_at)
          VALUES ('\(share)', '\(owner)', '\(property)', '202\(pick(7))-01-01', '\(pick(100))',
            '', '\(step)')
          """
      case 7:
        let change = [
          "owner_id = '\(owner)'", "property_id = '\(property)'", "effective_to = '2030-01-01'",
          "effective_to = NULL", "ownership_percentage = '\(pick(100))'",
        ][pick(5)]
        statement = "UPDATE ownership SET \(change) WHERE id = '\(share)'"
      default: statement = "DELETE FROM ownership WHERE id = '\(share)'"
      }
      // A key that is there already or still pointed to is refused, which is right.
      if try test.refusal(of: statement) == nil { taken += 1 }
      guard step % 50 == 49 else { continue }
      let (expected, found) = (try expected(test), try stored(test))
      #expect(found.owners.sorted() == expected.owners.sorted(), "seed \(seed), step \(step)")
      #expect(found.shares.sorted() == expected.shares.sorted(), "seed \(seed), step \(step)")
      #expect(found.numbers.sorted() == expected.numbers.sorted(), "seed \(seed), step \(step)")
    }
    #expect(taken > 150, "seed \(seed): most changes were refused, so nothing was tried")
    #expect(try test.store.check().isEmpty)
  }
}
