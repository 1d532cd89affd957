import Domain
import Terminal
import Testing

@testable import Interface

/// Bills of a made-up portfolio, and sessions that look at them.
enum BillSample {
  static let ann = Actor(
    name: "ann", role: .accountant, approvalLimit: Money(minorUnits: 5_000_00))

  static func row(
    _ number: Int, _ state: BillState = .pendingApproval, total: Int64 = 480_00,
    due: String = "2026-10-28", by submitter: String = "bob",
    isPaidInPart: Bool = false
  ) -> BillRow {
    let amount = Money(minorUnits: total)
    var facts = BillFacts(state: state, stamp: "s\(number)", total: amount)
    (facts.linesTotal, facts.lineCount, facts.hasVendor) = (amount, 1, true)
    (facts.date, facts.dueDate) = (CalendarDate("2026-10-21"), CalendarDate(due))
    (facts.submittedBy, facts.isPosted) = (submitter, true)
    facts.hasApplications = isPaidInPart
    func named(_ name: String) -> NamedRecord {
      NamedRecord(localID: name, buildiumID: nil, name: name)
    }
    return BillRow(
      localID: "b\(number)", buildiumID: 88_000 + number, property: named("Maple Court"),
      vendor: named("Reyes Plumbing \(number)"), date: facts.date, dueDate: facts.dueDate,
      reference: "INV-\(number)", memo: "leak under the sink", accounts: "6110 Plumbing",
      payable: PayableFacts(
        total: amount, date: facts.date, dueDate: facts.dueDate, isPosted: true),
      asOf: CalendarDate("2026-10-31") ?? CalendarDate(daysSince1970: 0), facts: facts,
      policy: BillPolicy(), reversedBy: nil, reverses: nil, submittedAt: nil, isRecurring: false,
      isToBeReconciled: false)
  }

  /// A session on the pane, with the bills there.
  static func session(
    _ rows: [BillRow], columns: Int = 100, lines: Int = 28, isReadOnly: Bool = false
  ) -> Session {
    var session = Session(columns: columns, rows: lines, isReadOnly: isReadOnly)
    session.press("3")
    answer(&session, rows)
    return session
  }

  /// Answers what the pane asked last.
  static func answer(_ session: inout Session, _ rows: [BillRow]) {
    for effect in session.takeEffects() {
      switch effect {
      case .loadBills(let query, let ticket):
        session.send(.bills(desk(query, of: rows), ticket))
      case .loadBill(let id, let ticket):
        let detail = rows.first { $0.localID == id }.map {
          BillDetail(
            row: $0, lines: [], applications: [], history: [], source: nil, duplicates: [],
            reconciling: [], schedule: nil)
        }
        session.send(.bill(detail, ticket))
      default: break
      }
    }
  }

  /// What the store would answer: of the same order, with the words looked for in some fields.
  static func desk(_ query: BillQuery, of bills: [BillRow]) -> BillDesk {
    let inScope = bills.filter { query.scope.holds($0, for: ann) }
    let words = query.words.lowercased().split(separator: " ")
    let found = inScope.filter { row in
      let text = "\(row.vendor?.name ?? "") \(row.reference ?? "") \(row.name)".lowercased()
      return words.allSatisfy { text.contains($0) }
    }
    let rows = Array(found.prefix(query.limit))
    let shown = Set(rows.map(\.localID))
    return BillDesk(
      query, for: ann, rows: rows,
      kept: bills.filter { query.kept.contains($0.localID) && !shown.contains($0.localID) },
      matching: found.count, total: found.reduce(.zero) { $0 + $1.total },
      inScope: inScope.count, waiting: bills.count { $0.waits(for: ann) }, all: bills.count,
      duplicates: Set(
        (BillDuplicates.groups(bills) + BillDuplicates.near(bills)).flatMap { $0.map(\.localID) }))
  }

  static func decisions(_ effects: [Effect]) -> [(
    bills: [String], action: BillAction, reason: String
  )] {
    effects.compactMap { effect in
      guard case .decideBills(let tasks, let action, let reason, let delegate) = effect else {
        return nil
      }
      return (tasks.map(\.bill), action, delegate ?? reason)
    }
  }
}

@Suite("The Bills pane") struct BillsPaneTests {
  @Test("it opens on what waits for me and says how much that is")
  func waiting() {
    let session = BillSample.session([
      BillSample.row(1), BillSample.row(2, .draft), BillSample.row(3, by: "ann"),
      BillSample.row(4, total: 9_850_00),
    ])
    let text = session.screen
    #expect(text.contains("Bills waiting for me"))
    #expect(text.contains("Reyes Plumbing 1") && !text.contains("Reyes Plumbing 2"))
    #expect(!text.contains("Reyes Plumbing 3"), "nobody approves what they submitted")
    #expect(text.contains("2026-10-28 late"))
  }

  @Test("a bill is put aside with a reason, handed on by name, and found again to be released")
  func aside() {
    var session = BillSample.session([BillSample.row(1), BillSample.row(2)])
    func decided() -> [String] {
      BillSample.decisions(session.takeEffects()).map { "\($0.action) \($0.reason)" }
    }
    session.press("h")
    session.type("disputed")
    session.press("Enter")
    #expect(decided() == ["hold disputed"])
    session.press("d")
    #expect(session.screen.contains("Who decides on bill 88001?"))
    session.type("zoe")
    session.press("Enter")
    #expect(decided() == ["delegate zoe"])
    var bills = (1...3).map { BillSample.row($0) }
    bills[0].facts.hold = BillHold(by: "max", reason: "disputed")
    bills[1].facts.delegation = BillDelegation(to: "zoe", by: "ann")
    bills[2].hasNotes = true
    session = BillSample.session(bills, columns: 140)
    #expect(session.screen.contains("@ note"))
    #expect(!session.screen.contains("Plumbing 1") && !session.screen.contains("Plumbing 2"))
    session.press("o down Enter")
    BillSample.answer(&session, bills)
    #expect(session.screen.contains("H max put it aside: disputed"))
    #expect(session.screen.contains("> zoe was asked"))
    session.press("H")
    #expect(decided() == ["release "])
  }

  @Test("one bill is approved by one key, and goes out as it was seen")
  func approve() {
    var session = BillSample.session([BillSample.row(1), BillSample.row(2)])
    session.press("j a")
    let decided = BillSample.decisions(session.takeEffects())
    #expect(decided.map(\.bills) == [["b2"]] && decided.first?.action == .approve)
  }

  @Test("a batch asks with its count and total, and Cancel stands out first")
  func batch() {
    var session = BillSample.session((1...3).map { BillSample.row($0) })
    session.press("* a")
    #expect(session.screen.contains("Approve 3 bills?") && session.screen.contains("1,440.00"))
    session.press("Enter")
    #expect(BillSample.decisions(session.takeEffects()).isEmpty)
    session.press("a y")
    #expect(BillSample.decisions(session.takeEffects()).map(\.bills) == [["b1", "b2", "b3"]])
  }

  @Test("a rejection needs a reason")
  func reason() {
    var session = BillSample.session([BillSample.row(1)])
    session.press("r Enter")
    #expect(session.screen.contains("Type a reason first"))
    session.type("wrong property")
    session.press("Enter")
    let decided = BillSample.decisions(session.takeEffects())
    #expect(decided.map(\.reason) == ["wrong property"] && decided.first?.action == .reject)
  }

  @Test("what could not be done stays marked, and its reason is shown")
  func failed() {
    let rows = (1...3).map { BillSample.row($0) }
    var session = BillSample.session(rows)
    session.press("* a y")
    _ = session.takeEffects()
    session.send(
      .billOutcomes(
        rows.enumerated().map { index, row in
          BillTaskOutcome(
            BillTask(row), isDone: index > 0,
            index > 0 ? "It was approved." : "changed since it was shown")
        }, .approve))
    #expect(session.screen.contains("changed since it was shown"))
    session.press("Esc")
    session.pass(seconds: 2)
    BillSample.answer(&session, rows)
    #expect(session.screen.contains("marked 1"))
  }

  @Test("a key that does nothing says why")
  func reasons() {
    var session = BillSample.session([BillSample.row(1)])
    session.press("S")
    #expect(session.screen.contains("Bill 88001"))
    var empty = BillSample.session([BillSample.row(2, .draft)])
    #expect(empty.screen.contains("Nothing waits for you."))
    empty.press("a")
    #expect(BillSample.decisions(empty.takeEffects()).isEmpty)
    var reader = BillSample.session([BillSample.row(1)], isReadOnly: true)
    reader.press("a")
    #expect(BillSample.decisions(reader.takeEffects()).isEmpty)
  }

  @Test("a bill with payments on it is not voided, and the key says so at once")
  func paid() {
    var session = BillSample.session([BillSample.row(1, isPaidInPart: true)])
    session.press("v")
    #expect(session.screen.contains("has payments or credits on it"))
    #expect(BillSample.decisions(session.takeEffects()).isEmpty)
  }

  @Test("the filter takes words, and marks it hides are told of")
  func filter() {
    var session = BillSample.session((1...3).map { BillSample.row($0) })
    session.press("* /")
    session.type("INV-2")
    BillSample.answer(&session, (1...3).map { BillSample.row($0) })
    session.press("Enter a")
    #expect(session.screen.contains("2 by the current filter"))
  }

  @Test("the number on the tab is there before the pane is looked at, and follows the store")
  func tab() {
    var session = Session(columns: 100, rows: 28)
    session.tellsCounts = true
    let rows = (1...3).map { BillSample.row($0) }
    session.send(.messages([]))
    BillSample.answer(&session, rows)
    #expect(session.screen.contains("Bills 3"))
    session.pass(seconds: 6)
    session.send(.storeChanged)
    BillSample.answer(&session, Array(rows.prefix(1)))
    #expect(session.screen.contains("Bills 1"))
  }

  @Test("an opened bill fills in when its details come later")
  func lateDetail() {
    var session = Session(columns: 100, rows: 28)
    session.press("3")
    let rows = [BillSample.row(1)]
    var late: (String, Ticket)?
    for _ in 0..<2 {
      for effect in session.takeEffects() {
        switch effect {
        case .loadBills(let query, let ticket):
          session.send(.bills(BillSample.desk(query, of: rows), ticket))
        case .loadBill(let id, let ticket): late = (id, ticket)
        default: break
        }
      }
    }
    session.press("Enter")
    #expect(!session.screen.contains("History"))
    let event = AuditEvent(
      number: 1, subject: "b1", kind: "bill", name: "88001", at: nil, actor: "bob",
      action: "submit", from: "draft", to: "pending_approval", reason: nil, details: nil, hash: "h")
    if let late {
      session.send(
        .bill(
          BillDetail(
            row: rows[0], lines: [], applications: [], history: [event], source: nil,
            duplicates: [], reconciling: [], schedule: nil), late.1))
    }
    #expect(session.screen.contains("History") && session.screen.contains("bob"))
  }

  @Test("more rows are read when the end of those read is come near, and sorting is asked for")
  func windows() {
    let rows = (1...1200).map { BillSample.row($0) }
    var session = BillSample.session(rows)
    #expect(session.screen.contains("1,200"))
    session.press("End")
    let more = session.effects.compactMap { effect in
      if case .loadBills(let query, _) = effect { query.limit } else { nil }
    }
    #expect(more == [2000])
    BillSample.answer(&session, rows)
    session.press("End")
    #expect(session.screen.contains("Reyes Plumbing 1200"))
    session.press("s")
    let orders = session.effects.compactMap { effect in
      if case .loadBills(let query, _) = effect { query.order } else { nil }
    }
    #expect(orders == [.vendor])
  }

  @Test("a comment is typed and sent; two bills stand side by side with what differs marked")
  func commentAndCompare() {
    let rows = [BillSample.row(1), BillSample.row(2, total: 481_00)]
    var session = BillSample.session(rows)
    session.press("c")
    session.type("call first")
    session.press("Enter")
    #expect(session.effects.contains(.commentBill("b1", "call first")))
    session.press("D")
    #expect(session.screen.contains("No other bill looks like this one."))
    var detail = BillDetail(
      row: rows[0], lines: [], applications: [], history: [], source: nil, duplicates: [rows[1]],
      reconciling: [], schedule: nil)
    detail.duplicates = [rows[1]]
    var compared = Session(columns: 100, rows: 28)
    compared.press("3")
    for _ in 0..<2 {
      for effect in compared.takeEffects() {
        switch effect {
        case .loadBills(let query, let ticket):
          compared.send(.bills(BillSample.desk(query, of: rows), ticket))
        case .loadBill(_, let ticket): compared.send(.bill(detail, ticket))
        default: break
        }
      }
    }
    compared.press("D")
    let screen = compared.screen
    #expect(screen.contains("may be the same as") && screen.contains("≠ Amount"))
    #expect(screen.contains("480.00") && screen.contains("481.00"))
  }

  @Test("a bill that was sent back is reopened by a key, and messages end once")
  func reopened() {
    var session = BillSample.session([BillSample.row(2, .rejected)])
    session.press("o")
    session.type("drafts")
    session.press("Enter")
    BillSample.answer(&session, [BillSample.row(2, .rejected)])
    session.press("O")
    #expect(BillSample.decisions(session.takeEffects()).map(\.action) == [.reopen])
    session.press("a")
    #expect(!session.screen.contains(".."))
  }

  @Test(
    "the pane looks as it was drawn up",
    arguments: [
      Size(rows: 24, columns: 80), Size(rows: 20, columns: 60), Size(rows: 40, columns: 120),
    ])
  func pictures(_ size: Size) {
    let rows = [
      BillSample.row(1), BillSample.row(2, total: 1_212_40, due: "2026-11-02"),
      BillSample.row(3, total: 9_850_00, due: "2026-11-05"),
    ]
    var session = BillSample.session(rows, columns: size.columns, lines: size.rows)
    session.press("Space")
    BillSample.answer(&session, rows)
    Golden.check(session.frame, "bills-\(size)")
    var other = BillSample.session([rows[0]], columns: size.columns, lines: size.rows)
    for effect in other.takeEffects() {
      guard case .loadBill(_, let ticket) = effect else { continue }
      other.send(
        .bill(
          BillDetail(
            row: rows[0], lines: [], applications: [], history: [], source: nil,
            duplicates: [rows[1]], reconciling: [], schedule: nil), ticket))
    }
    other.press("D")
    Golden.check(other.frame, "bills-compared-\(size)")
  }
}
