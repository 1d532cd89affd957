import Domain
import Terminal
import Testing

@testable import Interface

@Suite("Changing a record on the screen") struct RecordEditorTests {
  private static func editing(
    _ reference: RecordReference, wanted: FieldValue? = nil, standing: String? = nil,
    isRefused: Bool = false
  ) -> RecordEditing {
    RecordEditing(
      reference, RemoteKey(.buildium, .tenants, "7"), title: "Tenant Okafor, Ada",
      [
        .init("email", title: "Email", .text, .text("ada@example.com"), wanted: wanted),
        .init("move_in", title: "Move in", .date, .null, wanted: nil),
        .init(
          "rent", title: "Rent", .money, .money(Money(minorUnits: 145_000)), wanted: nil),
      ], standing: standing, isRefused: isRefused)
  }

  /// Answers the last question of the editor.
  private func answer(
    _ session: inout Session, _ body: (RecordReference) -> RecordEditing?
  ) throws {
    let asked = session.takeEffects().last {
      if case .loadEditing = $0 { true } else { false }
    }
    guard case .loadEditing(let reference, let ticket)? = asked else {
      Issue.record("nothing was asked")
      return
    }
    session.send(.editing(body(reference), ticket))
  }

  /// The fields of the first tenant, open.
  private func opened(isReadOnly: Bool = false) throws -> Session {
    var session = Session(
      columns: 80, rows: 24, status: Sample.quiet, isReadOnly: isReadOnly,
      lists: FakeLists(counts: [.tenants: 20, .transactions: 20]))
    session.press("5 o")
    session.type("tenants")
    session.press("Enter E")
    if !isReadOnly { try answer(&session) { Self.editing($0) } }
    return session
  }

  private func change(_ session: inout Session) -> Effect? {
    session.takeEffects().first { if case .changeField = $0 { true } else { false } }
  }

  @Test("shows each field with what the service holds, and sends what is typed in its place")
  func typed() throws {
    var session = try opened()
    #expect(session.screen.contains("Edit Tenant Okafor, Ada"))
    #expect(session.line("Email").contains("▸ Email    ada@example.com"))
    #expect(session.line("Move in").contains("(empty)"))
    session.press("Enter")
    #expect(session.line("ada@example.com").contains("ada@example.com_"))
    session.press("Ctrl-U")
    session.type("new@example.com")
    session.press("Enter")
    guard case .changeField(let reference, "email", "new@example.com")? = change(&session) else {
      Issue.record("nothing was changed")
      return
    }
    #expect(reference.list == .tenants)
  }

  @Test("what does not fit the field is not taken, and nothing is asked")
  func unfit() throws {
    var session = try opened()
    session.press("j Enter")
    session.type("soon")
    session.press("Enter")
    #expect(session.screen.contains("“soon” does not fit: a date like 2026-10-31."))
    #expect(change(&session) == nil)
    session.press("Esc")
    #expect(session.screen.contains("Edit Tenant"))
  }

  @Test("the same value changes nothing")
  func same() throws {
    var session = try opened()
    session.press("Enter Enter")
    #expect(session.notice.contains("Email is that already."))
    #expect(change(&session) == nil)
  }

  @Test("a change that waits stands beside what holds, and can be taken back")
  func waiting() throws {
    var session = try opened()
    session.send(.effectDone("Email is changed here."))
    try answer(&session) {
      Self.editing($0, wanted: .text("new@example.com"), standing: "Changed by ann.")
    }
    #expect(session.line("Email").contains("ada@example.com → new@example.com"))
    #expect(session.screen.contains("Changed by ann."))
    session.press("d")
    guard case .changeField(_, "email", "ada@example.com")? = change(&session) else {
      Issue.record("nothing was taken back")
      return
    }
    session.press("u")
    #expect(session.notice.contains("Nothing was done that could be undone"))
  }

  @Test("what the service did not take says why")
  func refused() throws {
    var session = try opened()
    session.send(.storeChanged)
    try answer(&session) {
      Self.editing(
        $0, wanted: .text("x"), standing: "Not taken: Buildium holds another email.",
        isRefused: true)
    }
    #expect(session.screen.contains("Not taken: Buildium holds another email."))
  }

  @Test("a record that is gone says so, and Esc leads back")
  func gone() throws {
    var session = try opened()
    session.send(.storeChanged)
    try answer(&session) { _ in nil }
    #expect(session.screen.contains("This record is not there any more"))
    session.press("Enter")
    #expect(session.notice.contains("This record is not there any more"))
    session.press("Esc")
    #expect(session.screen.contains("Tenants"))
  }

  @Test("money has ways of its own, and a screen that only reads changes nothing")
  func disabled() throws {
    var session = try opened()
    session.press("Esc o")
    session.type("transactions")
    session.press("Enter E")
    #expect(session.notice.contains("Transactions cannot be edited here"))
    var reading = try opened(isReadOnly: true)
    #expect(reading.notice.contains(World.readOnlyReason))
    let asked = reading.takeEffects().contains { if case .loadEditing = $0 { true } else { false } }
    #expect(!asked)
  }

  @Test("where letters are typed, the footer does not offer one of them as a key")
  func footer() throws {
    var session = try opened()
    session.press("Enter")
    let footer = session.screen.split(separator: "\n").last ?? ""
    #expect(footer.contains("Enter take the value") && !footer.contains("?"))
  }
}
