import Domain
import Sync
import Testing

@testable import Providers

@Suite("Airtable cells") struct AirtableCellTests {
  static func field(_ kind: FieldKind, type: String? = nil, choices: [String] = [])
    -> AirtableMapping.Field
  {
    let json: JSONValue = [
      "id": "fld1", "name": "Cell", "type": .string(type ?? kind.airtableTypes.first ?? ""),
      "options": ["choices": .array(choices.map { ["name": .string($0)] })],
    ]
    guard let field = AirtableField(json) else { preconditionFailure("no field in \(json.text)") }
    return AirtableMapping.Field(ours: "cell", kind: kind, field: field, isMirror: false)
  }

  static let owner = RemoteKey(.buildium, .owners, "5")
  static let other = RemoteKey(.buildium, .owners, "12")
  static let links = [owner: "recOwner", other: "recOther"]

  static func key(_ resource: Resource, _ id: String) -> RemoteKey? {
    links.first { $0.value == id && $0.key.resource == resource }?.key
  }

  @Test(
    "a value comes back as it went, and its cell is the one Airtable documents",
    arguments: [
      (.text, .text("=HYPERLINK(\"x\")"), #""=HYPERLINK(\"x\")""#),
      (.text, .text("-5 +1 @home"), #""-5 +1 @home""#), (.text, .null, "null"),
      (.longText, .text("a\nb"), #""a\nb""#), (.choice, .text("NewSort"), #""NewSort""#),
      (.integer, .integer(1987), "1987"), (.integer, .integer(-3), "-3"),
      (.money, .money(Money(minorUnits: 125_050)), "1250.50"),
      (.money, .money(Money(minorUnits: -5)), "-0.05"), (.money, .money(.zero), "0.00"),
      (.decimal, DecimalText("12.375").map(FieldValue.decimal) ?? .null, "12.375"),
      (.date, CalendarDate("2026-02-28").map(FieldValue.date) ?? .null, #""2026-02-28""#),
      (
        .instant, .instant(Instant(milliseconds: 1_790_000_000_123)),
        #""2026-09-21T14:13:20.123Z""#
      ),
      (.boolean, .boolean(true), "true"), (.boolean, .boolean(false), "false"),
      (.reference(.owners), .reference(owner), #"["recOwner"]"#),
      (.references(.owners), .references(canonical: [owner, other]), #"["recOther","recOwner"]"#),
      (.references(.owners), .null, "null"),
    ] as [(FieldKind, FieldValue, String)])
  func roundTrip(_ kind: FieldKind, _ value: FieldValue, _ text: String) throws {
    let field = Self.field(kind)
    let cell = try AirtableCells.cell(value, for: field, links: Self.links)
    #expect(cell.text == text)
    #expect(try AirtableCells.value(cell, of: field, key: Self.key) == value)
  }

  @Test("an empty cell is missing: no value, or a box that is not ticked")
  func missing() throws {
    let kinds: [FieldKind] = [
      .text, .longText, .choice, .integer, .money, .decimal, .date, .instant, .reference(.owners),
      .references(.owners),
    ]
    for kind in kinds {
      #expect(try AirtableCells.value(nil, of: Self.field(kind), key: Self.key) == .null)
    }
    #expect(
      try AirtableCells.value(nil, of: Self.field(.boolean), key: Self.key) == .boolean(false))
  }

  @Test("an amount of any cents keeps its digits there and back", arguments: [UInt64(3), 77, 2026])
  func cents(_ seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let field = Self.field(.money)
    for _ in 0..<5000 {
      let bound = Int64.random(in: 1...999_999_999_999_999, using: &generator)
      let amount = Money(minorUnits: Int64.random(in: -bound...bound, using: &generator))
      let cell = try AirtableCells.cell(.money(amount), for: field, links: [:])
      #expect(cell.text == amount.description, "seed \(seed)")
      // Airtable keeps a double and writes its shortest spelling.
      let kept = Double(cell.text).map { JSONValue.number("\($0)") }
      #expect(
        try AirtableCells.value(kept, of: field, key: Self.key) == .money(amount),
        "seed \(seed), \(amount)")
    }
  }

  @Test(
    "an amount that is not whole cents is refused, never rounded",
    arguments: ["70.05000000000001", "0.30000000000000004", "1.005", "1e-3"])
  func fractions(_ text: String) {
    #expect(throws: AirtableCellProblem.self) {
      try AirtableCells.value(.number(text), of: Self.field(.money), key: Self.key)
    }
  }

  @Test("a number Airtable would round is not sent")
  func tooManyDigits() {
    let field = Self.field(.money)
    #expect(throws: AirtableCellProblem.self) {
      try AirtableCells.cell(
        .money(Money(minorUnits: 1_000_000_000_000_001)), for: field, links: [:])
    }
    #expect(throws: Never.self) {
      try AirtableCells.cell(
        .money(Money(minorUnits: 999_999_999_999_999)), for: field, links: [:])
    }
  }

  @Test(
    "a cell that holds something else is a problem, not a value",
    arguments: [
      (.text, ##"{"error":"#ERROR!"}"##), (.money, #"{"specialValue":"NaN"}"#), (.money, #""12""#),
      (.integer, "12.5"), (.date, #""2026-02-30""#), (.date, #""2026-02-28T00:00:00.000Z""#),
      (.boolean, #""yes""#), (.reference(.owners), #"["recStranger"]"#),
      (.reference(.owners), #"["recOwner","recOther"]"#),
    ] as [(FieldKind, String)])
  func unreadable(_ kind: FieldKind, _ text: String) throws {
    let cell = try JSONValue(parsing: text)
    #expect(throws: AirtableCellProblem.self) {
      try AirtableCells.value(cell, of: Self.field(kind), key: Self.key)
    }
  }

  @Test("a choice a select does not have is refused with the field and the choice")
  func choice() throws {
    let field = Self.field(.choice, type: "singleSelect", choices: ["Active"])
    #expect(try AirtableCells.cell(.text("Active"), for: field, links: [:]) == "Active")
    do throws(AirtableCellProblem) {
      _ = try AirtableCells.cell(.text("Lapsed"), for: field, links: [:])
      Issue.record("the choice was taken")
    } catch {
      #expect(error.sentence == "The field “Cell” has no choice “Lapsed”.")
    }
  }

  @Test("cells are compared by meaning")
  func comparing() throws {
    let same: [(JSONValue?, JSONValue?)] = [
      (nil, .null), (nil, false), (nil, ""), (nil, []), (.number("1250.50"), .number("1250.5")),
      (["a", "b"], ["b", "a"]),
    ]
    for (left, right) in same { #expect(AirtableCells.isSame(left, right)) }
    #expect(!AirtableCells.isSame(.number("0"), nil))
    #expect(!AirtableCells.isSame("a", "A"))
    #expect(!AirtableCells.isSame(true, nil))
  }
}
