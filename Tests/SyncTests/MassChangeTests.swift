import Domain
import Testing

@testable import Sync

@Suite("Many deletions at the source") struct MassChangeTests {
  @Test("They stop and are named; a person lets them go, and only that once")
  func letGo() throws {
    let world = try World()
    for id in 1...30 {
      world.source.put(.owners, "\(id)", ["first_name": .text("O\(id)")])
    }
    try world.sync(SyncOptions(resources: [.owners]))
    for id in 1...12 { world.source.remove(.owners, "\(id)") }
    let stopped = try world.sync(SyncOptions(isFull: true, resources: [.owners]))
    #expect(stopped.needsPerson)
    #expect(stopped.messages.contains { $0.contains("owners are missing") && $0.contains("1,") })
    #expect(try world.status(.owners).local == 30)
    var options = SyncOptions(isFull: true, resources: [.owners])
    options.acceptsMassChange = true
    try world.sync(options)
    #expect(try world.status(.owners).local == 18)
    for id in 13...24 { world.source.remove(.owners, "\(id)") }
    #expect(try world.sync(SyncOptions(isFull: true, resources: [.owners])).needsPerson)
    #expect(try world.status(.owners).local == 18)
  }
}
