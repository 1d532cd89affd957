import Domain
import Terminal
import Testing

@testable import Interface

/// What a store would know of comparisons.
struct FakeReconciliations {
  var sheet = ReconciliationSheet()
  /// Where the difference that is asked for is settled.
  var place: ReconciliationPlace?
  private(set) var located: [String] = []

  mutating func answer(_ errand: ReconcileErrand) -> ReconcileNews? {
    switch errand {
    case .load: return .sheet(sheet)
    case .locate(let id):
      located.append(id)
      return .place(place)
    case .run, .stop: return nil
    }
  }

  /// Nine resources, of which two differ, and a month of days.
  static var sample: ReconciliationSheet {
    let rows = Sample.quiet.resources.map { row in
      let wrong = row.resource == .bills ? 4 : row.resource == .tenants ? 1 : 0
      return ReconciliationSheet.Row(
        row.resource, buildium: row.buildium, airtable: row.airtable - wrong,
        compared: row.buildium, equal: row.buildium - wrong,
        inFlight: row.resource == .leases ? 2 : 0, unexplained: row.resource == .bills ? 1 : 0,
        at: Sample.ago(3600))
    }
    let first = CalendarDate(daysSince1970: Session.now.date.daysSince1970 - 29)
    let days = (0..<30).map { day in
      ReconciliationSheet.Point(
        first.adding(days: day), Accuracy(hundredths: day == 11 ? 99_31 : 99_90 + day % 11))
    }
    return ReconciliationSheet(
      rows: rows, days: days,
      weeks: [
        ReconciliationSheet.Point(first, Accuracy(hundredths: 99_91)),
        ReconciliationSheet.Point(first.adding(days: 7), Accuracy(hundredths: 99_31)),
        ReconciliationSheet.Point(first.adding(days: 14), Accuracy(hundredths: 99_92)),
        ReconciliationSheet.Point(first.adding(days: 21), Accuracy(hundredths: 99_94)),
        ReconciliationSheet.Point(first.adding(days: 28), Accuracy(hundredths: 99_99)),
      ])
  }
}

@Suite("The Reconcile pane") struct ReconcilePaneTests {
  private func session(
    _ size: Size = Size(rows: 28, columns: 100), differences: Int = 40, accuracy: Int = 99_98,
    sheet: ReconciliationSheet = FakeReconciliations.sample, isReadOnly: Bool = false
  ) -> Session {
    var status = Sample.quiet
    status.accuracy = sheet.rows.isEmpty ? nil : Accuracy(hundredths: accuracy)
    status.deadLetters = [Sample.letter]
    status.conflicts = 3
    var session = Session(
      columns: size.columns, rows: size.rows, status: status, isReadOnly: isReadOnly,
      lists: FakeLists(counts: [.differences: differences, .bills: 12, .transactions: 5]))
    session.reconciliations.sheet = sheet
    session.conflicts = FakeConflicts(3)
    session.pass(seconds: 5)
    session.send(.storeChanged)
    session.press("6")
    _ = session.takeEffects()
    return session
  }

  static let sizes = GoldenTests.sizes

  @Test("A picture of the comparison", arguments: sizes) func picture(_ size: Size) {
    let session = session(size)
    Golden.check(session.frame, "reconcile-\(size)")
    Golden.check(session.frame, "reconcile-\(size)-styled", styled: true)
  }

  @Test("A picture of two sides that agree", arguments: sizes) func agreeing(_ size: Size) {
    var sheet = FakeReconciliations.sample
    for index in sheet.rows.indices {
      (sheet.rows[index].equal, sheet.rows[index].inFlight) = (sheet.rows[index].compared, 0)
      (sheet.rows[index].unexplained, sheet.rows[index].airtable) = (0, sheet.rows[index].buildium)
    }
    Golden.check(
      session(size, differences: 0, accuracy: 100_00, sheet: sheet).frame,
      "reconcile-equal-\(size)")
  }

  @Test("A picture before the first comparison", arguments: sizes) func first(_ size: Size) {
    Golden.check(
      session(size, differences: 0, sheet: ReconciliationSheet()).frame, "reconcile-empty-\(size)")
  }

  @Test("The accuracy stands on its tab, with a sign under the alarm")
  func tab() {
    #expect(session().screen.contains("6 Reconcile 99.98 %"))
    let low = session(accuracy: 99_49)
    #expect(low.screen.contains("6 Reconcile 99.49 % !"))
    // It counts as one thing that needs a person, among three conflicts and a dead letter.
    #expect(low.screen.contains("! 5 need you"))
    #expect(!session(sheet: ReconciliationSheet()).line("6 Reconcile").contains("%"))
  }

  @Test(
    "The verdict is a sign and words, by what is aimed at and when to be alarmed",
    arguments: [(100_00, "✓"), (99_90, "✓"), (99_89, "!"), (99_50, "!"), (99_49, "×"), (0, "×")])
  func verdict(hundredths: Int, sign: String) {
    #expect(ReconcilePane.verdict(Accuracy(hundredths: hundredths)).sign == sign)
  }

  @Test("r compares once at a time, shows how it gets on, and c stops it")
  func running() {
    var session = session()
    session.press("r")
    #expect(session.takeEffects().contains(.reconcile(.run, Ticket(ReconcilePane.owner, 0))))
    session.send(.comparing(Comparing("Units 48")))
    #expect(session.screen.contains("~ comparing both sides: Units 48"))
    session.press("r")
    #expect(session.takeEffects().isEmpty)
    #expect(session.notice.contains("compared already"))
    session.press("1 s")
    #expect(session.takeEffects().isEmpty)
    session.press("6 c")
    #expect(session.takeEffects() == [.reconcile(.stop, Ticket(ReconcilePane.owner, 0))])
    session.send(.comparing(nil))
    #expect(!session.screen.contains("comparing"))
    session.press("c")
    #expect(session.notice.contains("Nothing is being compared"))
  }

  @Test("While a sync runs nothing is compared; a screen that only reads keeps no result")
  func refused() {
    var session = session()
    session.send(.syncStarted(dryRun: false))
    session.press("r")
    #expect(session.takeEffects().isEmpty)
    #expect(session.notice.contains("A sync is running"))
    var reading = self.session(isReadOnly: true)
    reading.press("r")
    #expect(reading.takeEffects().isEmpty)
    #expect(reading.notice.contains("Read only"))
  }

  @Test("Enter goes to the conflict, to what was refused, or to the record; o always to the record")
  func settling() {
    func place(_ reason: String, _ key: RemoteKey, _ field: String?) -> Session {
      var session = session()
      session.reconciliations.place = ReconciliationPlace(
        key: key, localID: FakeLists.id(3), field: field, reason: reason)
      return session
    }
    var conflict = place("conflict", RemoteKey(.buildium, .tenants, "2"), "phone")
    conflict.press("j Enter")
    #expect(conflict.reconciliations.located == [FakeLists.id(1)])
    #expect(conflict.line("▸").contains("Tenant 1002"))
    #expect(conflict.screen.contains("Conflicts  3 of 3"))

    var refused = place("refused", RemoteKey(.buildium, .bills, "88213"), "due_date")
    refused.press("Enter")
    #expect(refused.line("▸").contains("Bill 88213"))

    var unknown = place("unknown", RemoteKey(.buildium, .bills, "7"), nil)
    unknown.press("Enter")
    #expect(unknown.lists.records.last == RecordReference(.bills, FakeLists.id(3)))
    unknown.press("Esc")
    #expect(unknown.screen.contains("Differences"))

    var payment = place("conflict", RemoteKey(.buildium, .rentPayments, "7"), "amount")
    payment.press("o")
    #expect(payment.lists.records.last == RecordReference(.transactions, FakeLists.id(3)))

    var gone = session()
    gone.press("Enter")
    #expect(gone.notice.contains("settled by now"))
    gone.reconciliations.place = ReconciliationPlace(
      key: RemoteKey(.buildium, .owners, "9"), localID: nil, field: nil, reason: "unknown")
    gone.press("Enter")
    #expect(gone.notice.contains("Airtable only"))
  }

  @Test("The differences filter as typed, sort, and are written to a file")
  func list() {
    var session = session()
    session.press("/")
    session.type("pier")
    #expect(session.screen.contains("8 of 40"))
    session.press("Enter e c")
    let exports = session.takeEffects().compactMap { effect -> ListExport? in
      if case .export(let export) = effect { export } else { nil }
    }
    #expect(exports.first?.query.list == .differences)
    #expect(exports.first?.query.terms.count == 1)
  }

  @Test("At 80 columns every tab is in sight, whatever stands on them")
  func tabs() {
    let session = session(Size(rows: 24, columns: 80), accuracy: 99_49)
    let line = session.line("1 Sync")
    for title in ["1 Sync", "2 Conflicts", "3 Bills", "5 Ledger", "6 Reconcile", "7 Activity"] {
      #expect(line.contains(title))
    }
  }

  @Test("t lists every day and week with its verdict")
  func trend() {
    var session = session()
    session.press("t")
    #expect(session.screen.contains("By day"))
    session.press("G")
    #expect(session.screen.contains("By week"))
    #expect(session.line("× under 99.50 %").contains("99.31 %"))
  }
}
