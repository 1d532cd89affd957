import Domain
import Testing

@Suite("Filters of lists")
struct ListFilterTests {
  typealias Term = ListTerm

  static let readable: [(text: String, list: ListName, terms: [ListTerm])] = [
    ("", .bills, []),
    ("   ", .bills, []),
    ("oak", .bills, [Term(column: nil, .contains, "oak")]),
    ("-void", .bills, [Term(column: nil, .contains, "void", isNegated: true)]),
    ("- void", .bills, [Term(column: nil, .contains, "-"), Term(column: nil, .contains, "void")]),
    (
      "prop:oak amount>500 -void due<2026-11-01 vendor:\"A B\"", .bills,
      [
        Term(column: "property", .contains, "oak"), Term(column: "amount", .more, "500"),
        Term(column: nil, .contains, "void", isNegated: true),
        Term(column: "due_date", .less, "2026-11-01"), Term(column: "vendor", .contains, "A B"),
      ]
    ),
    ("date:2026", .bills, [Term(column: "date", .contains, "2026")]),
    ("PROP=Oak", .bills, [Term(column: "property", .equals, "Oak")]),
    ("amount>=1,250.50", .bills, [Term(column: "amount", .moreOrEqual, "1,250.50")]),
    ("-am<=-$40", .bills, [Term(column: "amount", .lessOrEqual, "-$40", isNegated: true)]),
    ("paid_date:\"\"", .bills, [Term(column: "paid_date", .contains, "")]),
    ("\"memo:x\"", .bills, [Term(column: nil, .contains, "memo:x")]),
    ("12:30", .bills, [Term(column: nil, .contains, "12:30")]),
    ("a\"b c\"d", .bills, [Term(column: nil, .contains, "ab cd")]),
    ("memo:é😀", .bills, [Term(column: "memo", .contains, "é😀")]),
    ("occ:yes", .units, [Term(column: "occupied", .contains, "yes")]),
    (
      "dur>1000 status=500", .apiLog,
      [
        Term(column: "duration", .more, "1000"), Term(column: "status", .equals, "500"),
      ]
    ),
    ("at>=11/1/2026", .audit, [Term(column: "at", .moreOrEqual, "11/1/2026")]),
  ]

  @Test("a filter is read as its conditions", arguments: readable)
  func reads(text: String, list: ListName, terms: [ListTerm]) throws {
    #expect(try ListFilter.terms(text, of: list) == terms)
  }

  static let unreadable: [(text: String, list: ListName, position: Int, word: String)] = [
    ("colour:red", .bills, 0, "no column"), ("oak  colour:red", .bills, 5, "no column"),
    ("p:oak", .bills, 0, "property, paid_date"), ("memo:", .bills, 5, "missing"),
    ("amount>many", .bills, 7, "no amount"), ("amount>1,23", .bills, 7, "no amount"),
    ("amount>1.234", .bills, 7, "no amount"), ("due<soon", .bills, 4, "no date"),
    ("due<2026-02-30", .bills, 4, "no date"), ("oak vendor:\"A B", .bills, 11, "do not end"),
    ("occ:maybe", .units, 4, "neither yes nor no"), ("size:1.5", .units, 5, "whole number"),
    (String(repeating: "a ", count: 33), .bills, 64, "at most"),
  ]

  @Test("what cannot be read is told with its place", arguments: unreadable)
  func refuses(text: String, list: ListName, position: Int, word: String) {
    let problem = #expect(throws: ListFilterProblem.self) {
      try ListFilter.terms(text, of: list)
    }
    #expect(problem?.position == position)
    #expect(problem?.message.contains(word) == true, "\(String(describing: problem))")
  }

  @Test("a value means what its column holds")
  func meanings() throws {
    func meaning(_ value: String, _ column: String) -> ListValue? {
      ListName.bills.column(column).flatMap {
        ListTerm(column: column, .equals, value).meaning(in: $0)
      }
    }
    func days(_ from: String, _ to: String) throws -> ListValue {
      .days(try #require(CalendarDate(from)), try #require(CalendarDate(to)))
    }
    #expect(meaning("1,250.5", "amount") == .money(Money(minorUnits: 125_050)))
    #expect(meaning("1250", "amount") == .money(Money(minorUnits: 125_000)))
    #expect(meaning("-$40", "amount") == .money(Money(minorUnits: -4000)))
    #expect(meaning("", "amount") == .empty)
    #expect(meaning("2024-02", "date") == (try days("2024-02-01", "2024-02-29")))
    #expect(meaning("2026", "date") == (try days("2026-01-01", "2026-12-31")))
    #expect(meaning("2/3/2026", "date") == (try days("2026-02-03", "2026-02-03")))
  }

  @Test(
    "no list has two columns of one name, and every list has columns", arguments: ListName.allCases)
  func catalogue(list: ListName) {
    #expect(!list.columns.isEmpty)
    #expect(Set(list.columns.map(\.name)).count == list.columns.count)
    #expect(list.columns.allSatisfy { !$0.isTotalled || $0.kind == .money })
    #expect(list.columns[0].isSortable)
  }

  @Test("any text is either read or refused, and never more than its length is spoken of")
  func survivesAnything() {
    var random = SystemRandomNumberGenerator()
    let seed = random.next()
    var state = seed
    let pieces = [
      "-", "\"", ":", "<", ">=", "=", " ", "amount", "due", "p", "é", "1,0", "2026-", "\t",
    ]
    for _ in 0..<2000 {
      var text = ""
      for _ in 0..<12 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        text += pieces[Int(state >> 33) % pieces.count]
      }
      do throws(ListFilterProblem) { _ = try ListFilter.terms(text, of: .bills) } catch {
        #expect((0...text.count).contains(error.position), "seed \(seed): \(text)")
      }
    }
  }
}
