import Background
import Domain
import Testing

@testable import rentbook

/// What the schedule does by itself, where that is more than a sync.
@Suite("Work that runs by itself") struct ScheduledWorkTests {
  @Test("the end of a month leaves its checks and preliminary figures for whoever finalises it")
  func monthEnd() throws {
    let home = DemoTests.Home()
    let configuration = try Configuration(
      Invocation(command: "daemon", environment: ["RENTBOOK_HOME": home.path]))
    let workspace = try Workspace(
      configuration: configuration, clock: ManualClock(wallMilliseconds: 1_790_000_000_000))
    defer { workspace.close() }
    let outcome = ScheduledWork.monthEnd(lastDay: CalendarDate("2026-08-31"), workspace)
    guard case .done = outcome else {
      Issue.record("\(outcome)")
      return
    }
    let message = try #require(try workspace.store.messages(limit: 1).first)
    #expect(message.text.hasPrefix("2026-08 "))
    #expect(message.text.contains("NOI 0.00, draws 0.00"))
    #expect(message.hint.contains("rentbook close --month 2026-08"))
  }
}
