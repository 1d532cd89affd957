import Background
import Domain
import Storage
import Testing

@testable import Sync

@Suite("Changes made here") struct LocalEditTests {
  private let ada = key(.owners, "1")
  private let bolt = key(.vendors, "70")

  private func inStep() throws -> (TwoWayWorld, EditDesk) {
    let world = try TwoWayWorld()
    world.source.put(.vendors, "70", ["company_name": .text("Bolt"), "email": .text("b@e.com")])
    try world.start()
    return (world, EditDesk(world.world.store))
  }

  @Test("a change reaches the service that holds the record and from there the mirror, on record")
  func sent() throws {
    let (world, desk) = try inStep()
    let edit = try desk.edit(ada, ["email": .text("new@e.com")], by: "ann")
    #expect(edit.state == .waiting && edit.expected == ["email": .text("ada@example.com")])
    _ = try desk.edit(bolt, ["email": .text("bolt@e.com")], by: "ann")
    try world.sync()
    #expect(world.record(ada)?["email"] == .text("new@e.com"))
    #expect(world.row(ada)["email"] == .text("new@e.com"))
    #expect(world.record(bolt)?["email"] == .text("bolt@e.com"))
    #expect(try desk.record(bolt)?["email"] == .text("bolt@e.com"))
    #expect(try desk.list(limit: 9).map(\.state) == [.done, .done])
    let written = try world.journal().filter { $0.kind == .written && $0.actor == "ann" }
    #expect(Set(written.map(\.old)) == ["ada@example.com", "b@e.com"])
    #expect(try world.journal().filter { $0.kind == .edited }.map(\.actor) == ["ann", "ann"])
    #expect(world.writer.journal.count == 2)
    try world.sync()
    #expect(world.writer.journal.count == 2)
  }

  @Test("what was changed at the service meanwhile is not overwritten; a retry does it knowingly")
  func stale() throws {
    let (world, desk) = try inStep()
    let edit = try desk.edit(bolt, ["email": .text("bolt@e.com")], by: "ann")
    world.source.change(.vendors, "70", "email", .text("theirs@e.com"))
    #expect(try world.sync().needsPerson)
    #expect(world.record(bolt)?["email"] == .text("theirs@e.com"))
    let letter = try #require(try letters(world).first)
    #expect(letter.id == "e\(edit.id)" && letter.message.contains("meanwhile"))
    #expect(try desk.record(bolt)?["email"] == .text("theirs@e.com"))
    try world.sync()
    #expect(world.writer.journal.isEmpty)
    try world.world.store.writeSync { records throws(StorageError) in
      _ = try records.sync.retry(letter.id)
    }
    try world.sync()
    #expect(world.record(bolt)?["email"] == .text("bolt@e.com"))
    #expect(try letters(world).isEmpty)
  }

  @Test("a refusal waits for a person with the service's words, and is put aside or changed")
  func refused() throws {
    let (world, desk) = try inStep()
    _ = try desk.edit(bolt, ["email": .text("bad")], by: "ann")
    world.writer.state.withLock { $0.fault = { _ in .refused } }
    #expect(try world.sync().needsPerson)
    #expect(try letters(world).count == 1)
    #expect(try world.journal().contains { $0.kind == .refused && !$0.note.isEmpty })
    world.writer.state.withLock { $0.fault = nil }
    let again = try desk.edit(bolt, ["email": .text("good@e.com")], by: "ann")
    #expect(again.state == .waiting)
    try world.sync()
    #expect(world.record(bolt)?["email"] == .text("good@e.com"))
    _ = try desk.edit(bolt, ["email": .text("x@e.com")], by: "ann")
    let open = try #require(try desk.list(limit: 1).first)
    #expect(try desk.undo(open.id, by: "ann").state == .undone)
    try world.sync()
    #expect(world.record(bolt)?["email"] == .text("good@e.com"))
    #expect(throws: EditDesk.Refusal.over(open.id)) { try desk.undo(open.id, by: "ann") }
    #expect(throws: EditDesk.Refusal.nothingNew(bolt)) {
      try desk.edit(bolt, ["email": .text("good@e.com")], by: "ann")
    }
    #expect(throws: EditDesk.Refusal.unknown(key(.vendors, "71"))) {
      try desk.edit(key(.vendors, "71"), ["email": .null], by: "ann")
    }
  }

  @Test(
    "a lost answer is settled by looking: it is there once, or it is sent",
    arguments: [ScriptedWriter.Fault.lostBefore, .lostAfter, .notSent])
  func lost(_ fault: ScriptedWriter.Fault) throws {
    let (world, desk) = try inStep()
    _ = try desk.edit(bolt, ["email": .text("bolt@e.com")], by: "ann")
    world.writer.state.withLock { $0.fault = { _ in fault } }
    try world.sync()
    let first = try #require(try desk.list(limit: 1).first)
    #expect(first.state == (fault == .notSent ? .waiting : .doubt))
    if first.state == .doubt {
      #expect(throws: EditDesk.Refusal.sending(bolt)) { try desk.undo(first.id, by: "ann") }
    }
    world.writer.state.withLock { $0.fault = nil }
    try world.sync()
    try world.sync()
    #expect(world.record(bolt)?["email"] == .text("bolt@e.com"))
    #expect(world.writer.journal == ["change buildium/vendors/70 email"])
    #expect(try desk.list(limit: 1).first?.state == .done)
  }

  @Test(
    "a program that ends at any step of it leaves a change that arrives once",
    arguments: 1...24)
  func cut(_ step: Int) throws {
    let (world, desk) = try inStep()
    _ = try desk.edit(bolt, ["email": .text("bolt@e.com")], by: "ann")
    _ = try desk.edit(ada, ["email": .text("new@e.com")], by: "ann")
    let count = Lock(0)
    world.clock.advance(nanoseconds: 1_000_000_000)
    _ = try? world.engine { (_) throws(SyncError) in
      let reached = count.withLock { count in
        count += 1
        return count
      }
      if reached >= step { throw .cancelled }
    }.run()
    try world.sync()
    try world.sync()
    #expect(
      world.writer.journal.sorted() == [
        "change buildium/owners/1 email", "change buildium/vendors/70 email",
      ])
    #expect(world.row(ada)["email"] == .text("new@e.com"))
    #expect(try desk.list(limit: 9).map(\.state) == [.done, .done])
  }

  @Test("a dry run lists what would be sent, and sends nothing")
  func dryRun() throws {
    let (world, desk) = try inStep()
    _ = try desk.edit(bolt, ["email": .text("bolt@e.com")], by: "ann")
    let report = try world.sync(SyncOptions(isDryRun: true))
    let planned = report.writes.filter { $0.key == bolt }
    #expect(planned.map(\.service) == [.buildium])
    #expect(planned.first?.changes.first?.after == .text("bolt@e.com"))
    #expect(world.writer.journal.isEmpty)
    #expect(try desk.list(limit: 1).first?.state == .waiting)
  }

  private func letters(_ world: TwoWayWorld) throws -> [DeadLetter] {
    try world.world.store.readSync { state throws(StorageError) in try state.deadLetters() }
  }
}
