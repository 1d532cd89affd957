import Domain
import Terminal
import Testing

@testable import Interface

/// A store of conflicts that keeps what is chosen, and what it would write.
struct FakeConflicts {
  var items: [ConflictItem]
  private(set) var applied: [ConflictChoice] = []
  private(set) var previewed: [ConflictChoice] = []
  var rules: [ConflictRule] = []

  init(_ count: Int) {
    items = (0..<count).map { number in
      ConflictItem(
        id: Int64(number + 1), key: RemoteKey(.buildium, .tenants, "\(number)"),
        title: "Tenant \(1000 + number)", localID: FakeLists.id(number),
        field: number % 10 == 9 ? "email" : "phone", base: .string("555-0000"),
        buildium: .string("555-1\(number)"), airtable: .string("555-2\(number)"),
        buildiumAt: Sample.ago(7200), airtableAt: Sample.ago(3600), rule: .newer,
        foundAt: Sample.ago(Int64(3600 * (count - number))))
    }
  }

  /// Those of the choices whose values still stand, and the others.
  private func parted(_ choices: [ConflictChoice]) -> ([ConflictChoice], stale: [Int64]) {
    let fresh = choices.filter { choice in
      items.contains {
        $0.id == choice.id && $0.buildium == choice.buildium && $0.airtable == choice.airtable
      }
    }
    let kept = Set(fresh.map(\.id))
    return (fresh, choices.map(\.id).filter { !kept.contains($0) })
  }

  private func writes(_ choices: [ConflictChoice]) -> [PlannedWrite] {
    choices.map { choice in
      PlannedWrite(
        .update, service: choice.pick == .airtable ? .buildium : .airtable, resource: .tenants,
        title: "Conflict \(choice.id)")
    }
  }

  mutating func answer(_ errand: ConflictErrand) -> ConflictNews {
    switch errand {
    case .load: return .list(items)
    case .preview(let choices):
      let (fresh, stale) = parted(choices)
      previewed = fresh
      return .preview(writes(fresh), stale: stale)
    case .apply(let choices):
      let (fresh, stale) = parted(choices)
      applied += fresh
      for choice in fresh {
        guard let index = items.firstIndex(where: { $0.id == choice.id }) else { continue }
        (items[index].state, items[index].choice) = (.chosen, choice.pick)
      }
      return .applied(count: fresh.count, stale: stale)
    case .journal(let id): return .journal(["2026-10-31 ana chosen conflict \(id)"])
    case .statistics: return .statistics(["3 wait, 2 are chosen, 7 are settled."])
    case .setRule(let rule):
      rules.removeAll { $0.resource == rule.resource && $0.field == rule.field }
      rules.append(rule)
      return .rules(rules)
    case .rules: return .rules(rules)
    }
  }
}

@Suite("The Conflicts pane") struct ConflictsPaneTests {
  /// A screen on the pane.
  struct Desk {
    var session: Session
    var store: FakeConflicts {
      get { session.conflicts }
      set { session.conflicts = newValue }
    }

    init(_ count: Int, columns: Int = 100, rows: Int = 28, isReadOnly: Bool = false) {
      session = Session(
        columns: columns, rows: rows, status: Sample.quiet, isReadOnly: isReadOnly)
      store = FakeConflicts(count)
      reload()
      press("2")
    }

    /// Presses keys and returns what was asked for besides conflicts.
    @discardableResult
    mutating func press(_ keys: String) -> [Effect] {
      session.press(keys)
      return session.takeEffects()
    }

    /// Lets the store say that it changed, long enough after the last time.
    mutating func reload() {
      session.pass(seconds: 5)
      session.send(.storeChanged)
      _ = session.takeEffects()
    }

    var pane: ConflictsPane {
      session.model.panes.compactMap { $0 as? ConflictsPane }.first ?? ConflictsPane()
    }
  }

  /// How many keys a script has.
  private func count(_ keys: String) -> Int { keys.split(separator: " ").count }

  @Test("a hundred go to one side in five keys at most, the current row among them")
  func batch() {
    var desk = Desk(100)
    let keys = "* l Enter"
    #expect(count(keys) <= 5)
    desk.press(keys)
    #expect(desk.store.applied.count == 100)
    #expect(desk.store.applied.allSatisfy { $0.pick == .airtable })
  }

  @Test("a choice that was refused says so with the service's words, and is chosen again")
  func refused() {
    var desk = Desk(2)
    desk.store.items[0].refused = "Buildium refused buildium/tenants/0: Email is not valid."
    desk.reload()
    let screen = desk.session.screen
    #expect(screen.contains("× refused, choose again"))
    #expect(screen.contains("Email is not valid."))
    desk.press("l Enter")
    #expect(desk.store.applied.map(\.id) == [1])
  }

  @Test("one by one a hundred take a hundred keys, and each moves on by itself")
  func oneByOne() {
    var desk = Desk(100)
    for _ in 0..<100 { desk.press("h") }
    #expect(desk.pane.staged.count == 100)
    #expect(desk.store.applied.isEmpty)
    desk.press("Enter")
    #expect(desk.store.applied.count == 100)
    #expect(desk.store.applied.allSatisfy { $0.pick == .buildium })
  }

  @Test("what the preview shows is what is then written")
  func preview() {
    var desk = Desk(5)
    desk.press("l h b p")
    #expect(desk.session.screen.contains("What 3 choices would write"))
    #expect(desk.session.screen.contains("Airtable: 2 writes"))
    #expect(desk.session.screen.contains("Buildium: 1 write"))
    #expect(desk.store.applied.isEmpty)
    desk.press("Enter")
    #expect(desk.store.previewed.count == 3)
    #expect(desk.store.applied == desk.store.previewed)
  }

  @Test("u takes back the last step, a batch as one, and after applying asks the store")
  func undo() {
    var desk = Desk(5)
    desk.press("h * l")
    #expect(desk.pane.staged.count == 5)
    desk.press("u")
    #expect(desk.pane.staged.count == 1)
    desk.press("u")
    #expect(desk.pane.staged.isEmpty)
    desk.press("l Enter")
    desk.session.send(.undoable(Undoable(undo: "settle 1 conflict")))
    #expect(desk.press("u").contains(.undo))
  }

  @Test("a conflict that changed since it was shown is skipped and named, the others are kept")
  func stale() {
    var desk = Desk(3)
    desk.press("* l")
    desk.store.items[1].airtable = .string("555-9999")
    desk.reload()
    #expect(desk.session.screen.contains("! changed since chosen"))
    desk.press("Enter")
    #expect(desk.store.applied.map(\.id) == [1, 3])
    #expect(desk.session.model.world.messages.first?.text.contains("Tenant 1001 Phone") == true)
  }

  @Test("similar ones are listed and counted, and the current row is one of them")
  func similar() {
    var desk = Desk(20)
    desk.press("l .")
    // Twenty, less two over another field, less the one that was chosen.
    #expect(desk.session.screen.contains("Take Airtable for 17 like it: Phone"))
    #expect(desk.session.screen.contains("Tenant 1001"))
    desk.press("Enter Enter")
    #expect(desk.store.applied.count == 18)
    #expect(desk.store.applied.contains { $0.id == 2 })
  }

  @Test("a typed value is taken when it fits and stays in the editor when it does not")
  func editing() {
    var desk = Desk(2)
    desk.store.items[0].field = "end_date"
    desk.store.items[0].key = RemoteKey(.buildium, .leases, "1")
    desk.store.items[0].buildium = .string("2027-03-31")
    desk.reload()
    desk.press("e Ctrl-U")
    desk.session.type("soon")
    desk.press("Enter")
    #expect(desk.session.screen.contains("does not fit"))
    desk.press("Ctrl-U")
    desk.session.type("2027-04-30")
    desk.press("Enter Enter")
    #expect(desk.store.applied.map(\.pick) == [.value("2027-04-30")])
  }

  @Test("the filter knows words, fields, the newer side and what must be missing")
  func filter() {
    var desk = Desk(20)
    for (text, left) in [
      ("1004", 1), ("field:email", 2), ("-email", 18), ("newer:airtable", 20),
      ("newer:buildium", 0), ("field:phone 1003", 1),
    ] {
      desk.press("/")
      desk.session.type(text)
      desk.press("Enter")
      #expect(desk.pane.shown(desk.session.model.world).count == left, "\(text)")
      desk.press("Esc")
    }
  }

  @Test("a screen that only reads says why nothing can be chosen, and shows all the same")
  func readOnly() {
    var desk = Desk(3, isReadOnly: true)
    desk.press("l")
    #expect(desk.pane.staged.isEmpty)
    #expect(desk.session.notice.contains("Read only"))
    desk.press("i")
    #expect(desk.session.screen.contains("ana chosen"))
  }

  @Test("without conflicts it says so, and what decides them")
  func empty() {
    let desk = Desk(0)
    #expect(desk.session.screen.contains("Nothing waits: both sides agree."))
    #expect(desk.session.screen.contains("Buildium for transactions"))
  }

  @Test("the tab counts what waits, the statistics open over the pane")
  func counting() {
    var desk = Desk(4)
    #expect(desk.session.line("Conflicts").contains("4"))
    desk.press("* l Enter")
    desk.reload()
    #expect(desk.pane.count(desk.session.model.world) == 0)
    desk.press("t")
    #expect(desk.session.screen.contains("7 are settled"))
  }

  @Test("its picture", arguments: GoldenTests.sizes) func picture(_ size: Size) {
    var desk = Desk(12, columns: size.columns, rows: size.rows)
    desk.press("l j Space")
    Golden.check(desk.session.frame, "conflicts-\(size)")
  }

  @Test("what was taken for all like it becomes a rule, which is listed and switched off")
  func savedRule() {
    var desk = Desk(100)
    desk.press("l . R")
    #expect(desk.pane.staged.count == 90)
    #expect(desk.store.rules == [ConflictRule(.tenants, field: "phone", policy: "airtable")])
    #expect(desk.session.notice.contains("Rule tenants.phone: airtable"))
    desk.press("R")
    #expect(desk.session.line("✓ tenants.phone").contains("airtable, on"))
    desk.press("Enter")
    #expect(desk.store.rules.map(\.isActive) == [false])
    #expect(desk.session.notice.contains("switched off"))
    // No rule says what a person typed.
    var base = Desk(100)
    base.press("b . R")
    #expect(base.store.rules == [])
    #expect(base.session.notice.contains("No rule can say this"))
  }

  struct Sought: Sendable, CustomTestStringConvertible {
    var text: String
    var found: [Int64]
    var testDescription: String { text }
  }

  static let sought = [
    Sought(text: "prop:oak", found: [1]), Sought(text: "prop:\"elm court\"", found: [2]),
    Sought(text: "-prop:oak", found: [2, 3]), Sought(text: "vendor:\"a b\"", found: [3]),
    Sought(text: "vendor:a b", found: [3]), Sought(text: "amount>500", found: [2, 3]),
    Sought(text: "amount>=1,450.00", found: [2]), Sought(text: "amount<700", found: [3]),
    Sought(text: "amount=1495", found: [2]), Sought(text: "-amount>500", found: [1]),
    Sought(text: "newer:air", found: [1]), Sought(text: "field:rent amount>1000", found: [2]),
    Sought(text: "field:", found: [1, 2, 3]), Sought(text: "10:30", found: []),
    Sought(text: "\"reyes plumbing\"", found: [3]),
  ]

  @Test("the filter understands terms, comparisons, quotes and exclusion", arguments: sought)
  func filtered(_ example: Sought) {
    var items = [
      ConflictItem(
        id: 1, key: RemoteKey(.buildium, .tenants, "1"), title: "Tenant Ada", localID: "a",
        field: "phone", base: "1", buildium: "2", airtable: "3", buildiumAt: Sample.ago(20),
        airtableAt: Sample.ago(10), rule: .newer, foundAt: Sample.now),
      ConflictItem(
        id: 2, key: RemoteKey(.buildium, .leases, "2"), title: "Lease 2", localID: "b",
        field: "rent", base: "1450.00", buildium: "1495.00", airtable: "1400.00", rule: .person,
        foundAt: Sample.now),
      ConflictItem(
        id: 3, key: RemoteKey(.buildium, .bills, "3"), title: "Bill Reyes Plumbing", localID: "c",
        field: "amount", base: "600.00", buildium: "610.00", airtable: "600.00", rule: .person,
        foundAt: Sample.now),
    ]
    items[0].properties = ["Oak Row"]
    items[1].properties = ["Elm Court"]
    items[2].vendor = "A B"
    let world = Session(status: Sample.quiet).model.world
    let filter = ConflictFilter(example.text)
    #expect(items.filter { filter.matches($0, world) }.map(\.id) == example.found)
  }
}
