import Domain
import Terminal
import Testing

@testable import Interface

/// Whole screens at the three sizes, as text and with their styles.
@Suite("A picture of") struct GoldenTests {
  static let sizes = [
    Size(rows: 24, columns: 80), Size(rows: 20, columns: 60), Size(rows: 60, columns: 200),
  ]

  private func check(_ name: String, _ size: Size, _ keys: (inout Session) -> Void) {
    var session = Session(
      columns: size.columns, rows: size.rows, status: Sample.quiet,
      lists: FakeLists(counts: [
        .properties: 412, .leases: 5871, .tenants: 7012, .bills: 3118, .audit: 1200,
      ]))
    keys(&session)
    Golden.check(session.frame, "\(name)-\(size)")
    Golden.check(session.frame, "\(name)-\(size)-styled", styled: true)
  }

  @Test("the Ledger", arguments: sizes) func ledger(_ size: Size) {
    check("ledger", size) { $0.press("5 j j Space Space") }
  }

  @Test("a filtered list", arguments: sizes) func filtered(_ size: Size) {
    check("ledger-filter", size) {
      $0.press("5 /")
      $0.type("oak")
    }
  }

  @Test("an open record", arguments: sizes) func record(_ size: Size) {
    check("record", size) { $0.press("5 j Enter Tab") }
  }

  @Test("Activity", arguments: sizes) func activity(_ size: Size) {
    check("activity", size) { $0.press("7 j") }
  }

  @Test("the help", arguments: sizes) func help(_ size: Size) {
    check("help", size) { $0.press("5 ?") }
  }

  @Test("the palette with records", arguments: sizes) func palette(_ size: Size) {
    check("palette", size) {
      $0.press("5 :")
      $0.type("own")
    }
  }

  @Test("a confirmation", arguments: sizes) func confirmation(_ size: Size) {
    check("confirmation", size) { $0.press("f") }
  }
}
