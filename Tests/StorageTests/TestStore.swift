import Domain
import FoundationEssentials
import Glibc

@testable import Storage

/// Seals by turning bits over: enough to see that what is on disk is not the text.
struct TestSealing: RecordSealing {
  func seal(_ text: String, purpose: String) -> [UInt8] {
    (purpose + "\0" + text).utf8.map { ~$0 }
  }
  func open(_ sealed: [UInt8], purpose: String) -> String? {
    let text = String(decoding: sealed.map { ~$0 }, as: UTF8.self)
    return text.hasPrefix(purpose + "\0") ? String(text.dropFirst(purpose.count + 1)) : nil
  }
}

/// A folder of a test's own, gone with it.
final class TestFolder {
  let path: String
  init() {
    path = "/tmp/rentbook-\(getpid())-\(UInt64.random(in: 0 ... .max))"
    mkdir(path, 0o700)
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// A store in a folder of its own.
struct TestStore {
  let folder = TestFolder()
  let store: Store
  static let now = Instant(milliseconds: 1_790_000_000_000)

  init() throws {
    store = try Store(path: folder.path + "/s.sqlite", sealing: TestSealing()) { Self.now }
  }
}

extension TestStore {
  var path: String { folder.path + "/s.sqlite" }

  /// Runs statements as one transaction.
  func run(_ statements: String...) throws {
    try store.write { transaction throws(StorageError) in
      for statement in statements { try transaction.connection.run(statement) }
    }
  }

  /// The rows of a query, their columns joined by spaces.
  func rows(_ sql: String) throws -> [String] {
    try store.read { connection throws(StorageError) in
      try connection.rows(sql) { row throws(StorageError) in
        (0..<row.count).map { row.isNull($0) ? "null" : row.text($0) }.joined(separator: " ")
      }
    }
  }

  /// Why the database refuses a statement; nil when it does not.
  func refusal(of statement: String) throws -> String? {
    do {
      try run(statement)
      return nil
    } catch let error as StorageError {
      guard error.kind == .constraint else { throw error }
      return error.message
    }
  }
}

/// Random values for a field, the same for the same seed.
struct RecordGenerator {
  var random: SeededRandom

  mutating func value(_ kind: FieldKind, links: [Resource: [RemoteKey]]) -> FieldValue {
    if Int.random(in: 0..<5, using: &random) == 0 { return .null }
    let number = Int64.random(in: -100_000...100_000, using: &random)
    switch kind {
    case .text, .choice, .sealed: return .text("é\(number) 😀")
    case .longText: return .text("line \(number)\nline")
    case .integer: return .integer(number)
    case .money: return .money(Money(minorUnits: number))
    case .decimal: return DecimalText(unscaled: number, scale: 3).map(FieldValue.decimal) ?? .null
    case .date: return .date(CalendarDate(daysSince1970: Int(number.magnitude % 30_000)))
    case .instant: return .instant(Instant(milliseconds: 1_700_000_000_000 + number))
    case .boolean: return .boolean(number % 2 == 0)
    case .reference(let target):
      return links[target]?.randomElement(using: &random).map(FieldValue.reference) ?? .null
    case .references(let target):
      return .references(
        canonical: (links[target] ?? []).filter { _ in Bool.random(using: &random) })
    }
  }

  mutating func record(_ resource: Resource, links: [Resource: [RemoteKey]]) -> Record {
    let schema = RecordSchema.of(resource)
    var record = Record(resource)
    for field in schema.fields { record[field.name] = value(field.kind, links: links) }
    guard schema.lineTable != nil else { return record }
    let names =
      resource == .transactions
      ? schema.lineFields.filter { !LineStorage.derivedFields.contains($0.name) }
      : schema.lineFields
    for _ in 0..<Int.random(in: 0...3, using: &random) {
      var line: FieldValues = [:]
      for field in names { line[field.name] = value(field.kind, links: links) }
      record.lines.append(line)
    }
    return record
  }
}

/// SplitMix64: small, seeded, good enough to choose test data.
struct SeededRandom: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}
