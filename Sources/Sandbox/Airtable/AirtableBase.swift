import Domain

/// One base with everything in it. A value behind a lock: calls into a base take turns.
struct AirtableBase {
  /// A person who is known to the base.
  struct User: Hashable {
    let id: String
    let email: String
    let name: String

    var json: JSONValue {
      ["id": .string(id), "email": .string(email), "name": .string(name)]
    }
  }

  /// What a base allows.
  struct Limits {
    var recordsMax: Int
    /// 1,000 tables a base and 500 fields a table.
    var tablesMax = 1_000
    var fieldsMax = 500
    var iteratorSeconds: Int
  }

  let id: String
  var name: String
  let users: [User]
  let limits: Limits
  var tables: [AirtableTable] = []
  var hooks: [Webhook] = []
  var iterators: [ListIterator] = []
  /// The number of the last change, as webhooks count them.
  var transaction = 0
  private var random: SeededRandom

  init(id: String, name: String, users: [User], limits: Limits, seed: UInt64) {
    (self.id, self.name, self.users, self.limits) = (id, name, users, limits)
    random = SeededRandom(seed: seed)
  }

  /// The place of a table by its id or name.
  func table(_ nameOrID: String) throws(AirtableRefusal) -> Int {
    guard let index = tables.firstIndex(where: { $0.id == nameOrID || $0.name == nameOrID }) else {
      throw .modelNotFound
    }
    return index
  }

  /// The place of a table by its id alone.
  func tableIndex(id: String) -> Int? { tables.firstIndex { $0.id == id } }

  /// How many records all tables hold.
  var recordCount: Int { tables.reduce(0) { $0 + $1.count } }

  /// A new id: a prefix and fourteen letters and digits.
  mutating func makeID(_ prefix: String) -> String { Self.makeID(prefix, &random) }

  /// A new id from a given source of randomness.
  static func makeID(_ prefix: String, _ random: inout SeededRandom) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
    var id = prefix
    for _ in 0..<14 {
      id.unicodeScalars.append(
        Unicode.Scalar(alphabet[Int.random(in: 0..<alphabet.count, using: &random)]))
    }
    return id
  }

  /// Random bytes, for a webhook's secret.
  mutating func randomBytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
  }

  /// Whether a text is shaped like an id with that prefix.
  static func isID(_ text: String, _ prefix: String) -> Bool {
    text.utf8.count == 17 && text.hasPrefix(prefix)
      && text.utf8.allSatisfy {
        ($0 >= 0x30 && $0 <= 0x39) || ($0 >= 0x41 && $0 <= 0x5A) || ($0 >= 0x61 && $0 <= 0x7A)
      }
  }
}
