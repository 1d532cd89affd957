import Domain
import Terminal
import Testing

@testable import Interface

@Suite("Too much at once") struct HeldChangeTests {
  private static func status(_ count: Int = 130) -> SyncStatus {
    var status = Sample.quiet
    status.held = [
      HeldChange(
        .overwritten, .airtable, .owners,
        text: "\(count) of 140 rows of Owners would be overwritten at Airtable.",
        names: (1...count).map { "buildium/owners/\($0)" }, count: count),
      HeldChange(.empty, .buildium, .units, text: "None.", names: [], count: 9),
    ]
    return status
  }

  @Test("is told of on the Sync pane, listed by A, and let go once its number was typed")
  func letGo() {
    var session = Session(status: Self.status())
    #expect(session.screen.contains("130 rows of Owners would be overwritten at Airtable"))
    session.press("A")
    #expect(session.screen.contains("buildium/owners/1"))
    session.press("G")
    #expect(session.screen.contains("buildium/owners/130"))
    session.press("Enter")
    #expect(session.screen.contains("Type 130 to go on"))
    session.press("Enter")
    #expect(session.takeEffects().isEmpty, "nothing is done before the number stands there")
    session.press("A Enter")
    session.type("129")
    session.press("y")
    #expect(session.takeEffects().isEmpty)
    session.press("Backspace Backspace")
    session.type("30")
    session.press("Enter")
    #expect(
      session.takeEffects() == [
        .permitChanges(
          HeldChange.Permit(.overwritten, count: 130), .owners, full: false)
      ])
    #expect(session.model.world.run != nil)
  }

  @Test(
    "cannot be let go by a screen that only reads, and not where a service shows nothing at all")
  func refused() {
    var session = Session(status: Self.status(), isReadOnly: true)
    session.press("A")
    #expect(!session.screen.contains("buildium/owners/1"))
    var status = Self.status()
    status.held.removeFirst()
    session = Session(status: status)
    #expect(session.screen.contains("Buildium shows no units at all"))
    session.press("A")
    #expect(session.notice.contains("Nothing waits because it was too much at once"))
    #expect(session.takeEffects().isEmpty)
  }
}
