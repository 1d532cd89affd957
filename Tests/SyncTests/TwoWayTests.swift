import Background
import Domain
import Storage
import Testing

@testable import Sync

@Suite("Two ways through the engine") struct TwoWayTests {
  private let ada = key(.owners, "1")

  @Test("a world in step is left alone, however often it is looked at")
  func inStep() throws {
    let world = try TwoWayWorld()
    try world.start()
    let report = try world.sync(SyncOptions(isFull: true))
    #expect(world.mirror.sink.journal.isEmpty && world.writer.journal.isEmpty)
    #expect(!report.needsPerson)
  }

  @Test("an edit in the mirror reaches the service once and comes back as nothing new")
  func edit() throws {
    let world = try TwoWayWorld()
    try world.start()
    world.mirror.edit(ada, "email", .text("new@example.com"))
    let report = try world.sync()
    #expect(world.record(ada)?["email"] == .text("new@example.com"))
    #expect(world.writer.journal == ["change buildium/owners/1 email"])
    #expect(report.rows.first { $0.resource == .owners }?.sourceUpdated == 1)
    try world.sync()
    try world.sync(SyncOptions(isFull: true))
    #expect(world.mirror.sink.journal.isEmpty)
    #expect(world.writer.journal.count == 1)
    let written = try world.journal().filter { $0.kind == .written }
    #expect(written.map(\.old) == ["ada@example.com"])
    #expect(written.map(\.new) == ["new@example.com"])
  }

  @Test("edits of different fields on both sides both arrive")
  func bothSides() throws {
    let world = try TwoWayWorld()
    try world.start()
    world.mirror.edit(ada, "email", .text("new@example.com"))
    world.source.change(.owners, "1", "phone_mobile", .text("555"))
    #expect(!(try world.sync().needsPerson))
    #expect(world.record(ada)?["email"] == .text("new@example.com"))
    #expect(world.row(ada)["phone"] == .text("555"))
    #expect(world.row(ada)["email"] == .text("new@example.com"))
  }

  @Test("a field changed on both sides is held, written nowhere, and told with every run")
  func conflict() throws {
    let world = try TwoWayWorld()
    try world.start()
    world.mirror.edit(ada, "email", .text("right@example.com"))
    world.source.change(.owners, "1", "email", .text("left@example.com"))
    for _ in 0..<3 {
      let report = try world.sync()
      #expect(report.rows.first { $0.resource == .owners }?.conflicts == 1)
      #expect(report.needsPerson)
    }
    let conflict = try #require(try world.conflicts().first)
    #expect(try world.conflicts().count == 1)
    #expect(conflict.field == "email" && conflict.kind == "edit_vs_edit")
    #expect(conflict.baseLeft == "ada@example.com" && conflict.baseRight == "ada@example.com")
    #expect(conflict.left == "left@example.com" && conflict.right == "right@example.com")
    #expect(world.row(ada)["email"] == .text("right@example.com"))
    #expect(world.record(ada)?["email"] == .text("left@example.com"))
    #expect(world.writer.journal.isEmpty && world.mirror.sink.journal.isEmpty)
  }

  @Test("a conflict that both sides end by themselves waits no longer")
  func conflictGone() throws {
    let world = try TwoWayWorld()
    try world.start()
    world.mirror.edit(ada, "email", .text("right@example.com"))
    world.source.change(.owners, "1", "email", .text("left@example.com"))
    try world.sync()
    world.mirror.edit(ada, "email", .text("left@example.com"))
    #expect(!(try world.sync().needsPerson))
    #expect(try world.conflicts().isEmpty)
  }

  @Test("an edit of what only the service may set is put back, with its value on record")
  func reverted() throws {
    let world = try TwoWayWorld()
    try world.start()
    let payment = key(.transactions, "70")
    world.mirror.edit(payment, "amount", money("1.00"))
    #expect(!(try world.sync().needsPerson))
    #expect(world.row(payment)["amount"] == money("1250"))
    let lost = try world.journal().filter { $0.kind == .overwritten }
    #expect(lost.map(\.old) == ["1.00"])
    #expect(world.writer.journal.isEmpty)
  }

  @Test("a row deleted in the mirror is made again, and one deleted at the service goes")
  func deleted() throws {
    let world = try TwoWayWorld()
    try world.start()
    world.mirror.delete(ada)
    try world.sync()
    #expect(world.row(ada)["email"] == .text("ada@example.com"))
    try world.sync()
    world.source.remove(.owners, "2")
    try world.sync()
    #expect(world.mirror.sink.row(key(.owners, "2")) == nil)
    #expect(try world.conflicts().isEmpty)
  }

  @Test("a record deleted at the service and edited in the mirror is a question")
  func deletedAndEdited() throws {
    let world = try TwoWayWorld()
    try world.start()
    world.mirror.edit(ada, "email", .text("right@example.com"))
    world.source.remove(.owners, "1")
    try world.sync()
    #expect(world.row(ada)["email"] == .text("right@example.com"))
    #expect(try world.conflicts().map(\.kind) == ["delete_vs_edit"])
  }

  @Test("an edit made between the look and the write is not overwritten")
  func race() throws {
    let world = try TwoWayWorld()
    try world.start()
    world.source.change(.owners, "1", "email", .text("left@example.com"))
    let done = Lock(false)
    let ada = ada
    world.mirror.people.withLock { people in
      people.beforeRead = { mirror in
        guard
          !done.withLock({ done in
            defer { done = true }; return done
          })
        else { return }
        mirror.edit(ada, "email", .text("right@example.com"))
      }
    }
    try world.sync()
    #expect(world.row(ada)["email"] == .text("right@example.com"))
    #expect(try world.sync().needsPerson)
    #expect(try world.conflicts().count == 1)
  }

  @Test("an edit the service does not take waits for a person and is sent again when it changes")
  func refused() throws {
    let world = try TwoWayWorld()
    try world.start()
    world.writer.state.withLock { $0.fault = { _ in .refused } }
    world.mirror.edit(ada, "email", .text("bad@example.com"))
    #expect(try world.sync().needsPerson)
    try world.sync()
    #expect(world.writer.state.withLock(\.calls) == 1)
    #expect(try world.world.deadLetters().count == 1)
    #expect(world.row(ada)["email"] == .text("bad@example.com"))
    world.writer.state.withLock { $0.fault = nil }
    world.mirror.edit(ada, "email", .text("good@example.com"))
    try world.sync()
    #expect(world.record(ada)?["email"] == .text("good@example.com"))
  }

  @Test(
    "a lost answer is looked for before anything is repeated",
    arguments: [ScriptedWriter.Fault.lostBefore, .lostAfter])
  func lost(_ fault: ScriptedWriter.Fault) throws {
    let world = try TwoWayWorld()
    try world.start()
    world.writer.state.withLock { $0.fault = { $0 == 1 ? fault : nil } }
    world.mirror.edit(ada, "email", .text("new@example.com"))
    try world.sync()
    try world.sync()
    #expect(world.record(ada)?["email"] == .text("new@example.com"))
    #expect(world.writer.journal == ["change buildium/owners/1 email"])
    #expect(world.mirror.sink.journal.isEmpty)
  }

  @Test("without a feed every table is read whole, and the same is found")
  func noFeed() throws {
    let world = try TwoWayWorld()
    world.mirror.people.withLock { $0.hasFeed = false }
    try world.start()
    world.mirror.edit(ada, "email", .text("new@example.com"))
    try world.sync()
    #expect(world.record(ada)?["email"] == .text("new@example.com"))
  }

  @Test("a dry run says what would be written on both sides and writes nothing")
  func dryRun() throws {
    let world = try TwoWayWorld()
    try world.start()
    world.mirror.edit(ada, "email", .text("new@example.com"))
    world.source.change(.owners, "2", "company_name", .text("Byron Ltd"))
    let report = try world.sync(SyncOptions(isDryRun: true))
    #expect(world.writer.journal.isEmpty && world.mirror.sink.journal.isEmpty)
    let writes = report.writes.map { "\($0.service) \($0.key) \($0.changes.map(\.field))" }.sorted()
    #expect(
      writes == [
        #"airtable buildium/owners/2 ["company_name", "name"]"#,
        #"buildium buildium/owners/1 ["email"]"#,
      ])
    try world.sync()
    #expect(world.writer.journal.count == 1)
  }

  @Test("many edits at once wait until a person says they are meant")
  func brake() throws {
    let world = try TwoWayWorld()
    for number in 100..<230 {
      world.source.put(
        .owners, String(number), ["first_name": .text("A"), "last_name": .text("\(number)")])
    }
    try world.start()
    for number in 100..<230 {
      world.mirror.edit(key(.owners, String(number)), "email", .text("x@example.com"))
    }
    #expect(try world.sync().needsPerson)
    #expect(world.writer.journal.isEmpty)
    var options = SyncOptions()
    options.acceptsMassChange = true
    try world.sync(options)
    #expect(world.writer.journal.count == 130)
  }

  @Test("many rows deleted at once wait, each by name, until a person says what was meant")
  func massDeletion() throws {
    for isAccepted in [true, false] {
      let world = try TwoWayWorld()
      for number in 100..<130 {
        world.source.put(.owners, String(number), ["first_name": .text("A\(number)")])
      }
      try world.start()
      for number in 100..<130 { world.mirror.delete(key(.owners, String(number))) }
      #expect(try world.sync().needsPerson)
      #expect(world.mirror.sink.journal.isEmpty)
      #expect(try world.world.deadLetters().count == 30)
      try world.sync()
      #expect(world.mirror.sink.journal.isEmpty)
      if isAccepted {
        var options = SyncOptions()
        options.acceptsMassChange = true
        try world.sync(options)
      } else {
        #expect(try world.world.retryAll() == 30)
        try world.sync()
      }
      try world.sync()
      #expect(world.mirror.sink.rows(.owners).count == 32)
      #expect(world.mirror.sink.journal.count == 30)
      #expect(try world.world.deadLetters().isEmpty)
    }
  }
}
