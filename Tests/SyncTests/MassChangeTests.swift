import Domain
import Storage
import Testing

@testable import Sync

@Suite("Many changes at once") struct MassChangeTests {
  @Test("many deletions at the source stop and are named; a person lets them go, only that once")
  func letGo() throws {
    let world = try World()
    for id in 1...30 {
      world.source.put(.owners, "\(id)", ["first_name": .text("O\(id)")])
    }
    try world.sync(SyncOptions(resources: [.owners]))
    for id in 1...12 { world.source.remove(.owners, "\(id)") }
    let stopped = try world.sync(SyncOptions(isFull: true, resources: [.owners]))
    #expect(stopped.needsPerson)
    #expect(stopped.messages.contains { $0.contains("owners are missing at ") })
    #expect(try world.status(.owners).local == 30)
    var options = SyncOptions(isFull: true, resources: [.owners])
    options.acceptsMassChange = true
    try world.sync(options)
    #expect(try world.status(.owners).local == 18)
    for id in 13...24 { world.source.remove(.owners, "\(id)") }
    #expect(try world.sync(SyncOptions(isFull: true, resources: [.owners])).needsPerson)
    #expect(try world.status(.owners).local == 18)
  }

  @Test("a permit lets go as many as were shown, and not one more")
  func permit() throws {
    let world = try Self.crowd()
    for id in 100..<230 { world.source.change(.owners, "\(id)", "email", .text("all@same.com")) }
    try world.sync()
    func waiting() throws -> [HeldChange] {
      try world.world.store.readSync { state throws(StorageError) in try state.heldChanges() }
    }
    let held = try #require(try waiting().first)
    #expect(held.kind == .overwritten && held.count == 130 && held.names.count == 130)
    #expect(held.service == .airtable && held.resource == .owners && held.isPermittable)
    var options = SyncOptions(resources: [.owners])
    (options.permit, options.person) = (HeldChange.Permit(.overwritten, count: 129), "ada")
    #expect(try world.sync(options).needsPerson)
    options.permit = HeldChange.Permit(.deleted, count: 130)
    #expect(try world.sync(options).needsPerson)
    #expect(world.mirror.sink.journal.isEmpty)
    options.permit = HeldChange.Permit(.overwritten, count: 130)
    try world.sync(options)
    #expect(world.mirror.sink.journal.count == 130)
    #expect(try waiting().isEmpty)
    #expect(try world.journal().filter { $0.kind == .permitted }.map(\.actor) == ["ada"])
  }

  @Test("what waited is over when it has passed by itself, and nobody is said to have let it go")
  func over() throws {
    let world = try Self.crowd()
    for id in 100..<230 { world.source.change(.owners, "\(id)", "email", .text("all@same.com")) }
    try world.sync()
    for id in 100..<230 { world.source.change(.owners, "\(id)", "email", .text("o@e.com")) }
    #expect(try !world.sync().needsPerson)
    let held = try world.world.store.readSync { state throws(StorageError) in
      try state.heldChanges()
    }
    #expect(held.isEmpty)
    #expect(try world.journal().allSatisfy { $0.kind != .permitted })
  }

  private static func crowd() throws -> TwoWayWorld {
    let world = try TwoWayWorld()
    for id in 100..<230 {
      world.source.put(
        .owners, "\(id)", ["first_name": .text("O\(id)"), "email": .text("o@e.com")])
    }
    try world.start()
    return world
  }

  @Test(
    "many rows about to be overwritten wait, by name, and both the wait and the leave are on record"
  )
  func overwritten() throws {
    let world = try Self.crowd()
    for id in 100..<230 { world.source.change(.owners, "\(id)", "email", .text("all@same.com")) }
    for _ in 1...2 {
      let report = try world.sync()
      #expect(report.needsPerson)
      #expect(
        report.messages.contains { $0.contains("130 of") && $0.contains("buildium/owners/1") })
      #expect(world.mirror.sink.journal.isEmpty)
    }
    // Said with every run, on record once.
    #expect(try world.journal().filter { $0.kind == .held }.count == 1)
    var options = SyncOptions()
    (options.acceptsMassChange, options.person) = (true, "ada")
    try world.sync(options)
    #expect(world.mirror.sink.journal.count == 130)
    let leave = try world.journal().filter { $0.kind == .permitted }
    #expect(leave.map(\.actor) == ["ada"])
    #expect(try !world.sync().needsPerson)
  }

  @Test("rows that only get what they did not have are no reason to stop")
  func filled() throws {
    let world = try Self.crowd()
    for id in 100..<230 { world.source.change(.owners, "\(id)", "phone_mobile", .text("555")) }
    #expect(try !world.sync().needsPerson)
    #expect(world.mirror.sink.journal.count == 130)
  }
}
