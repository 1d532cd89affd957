// A first synchronization: against the limits of the services, and for the work it takes.
import Domain
import Sync

/// How far a first sync is from what the services' limits allow.
enum FirstSyncBenchmark {
  @Sendable static func run(_ options: Options) throws(BenchmarkError) -> [Figure] {
    try TemporaryFolder.with { folder throws(BenchmarkError) in
      let rig = try Rig(options, .network(speed: options.speed), folder: folder)
      defer { rig.close() }
      try rig.setUp()
      let (cpu, services) = (Now.processCPU, rig.servicesCPU)
      let began = Now.monotonic
      let report = try rig.sync(.both)
      let seconds = Double(Now.monotonic - began) / 1e9
      let used = Double(Now.processCPU - cpu)
      let simulated = Double(rig.servicesCPU - services)
      let traffic = rig.traffic
      // Reading and writing overlap, so that the slower service alone sets the least.
      let least = (traffic.map(\.leastSeconds).max() ?? 0) / Double(options.speed)
      let pulled = report.rows.reduce(0) { $0 + $1.pulled }
      let sent = report.rows.reduce(0) { $0 + $1.pushedCreated + $1.pushedUpdated }
      var figures = [
        Figure("properties", options.properties), Figure("units", options.units),
        Figure("months", options.months), Figure("speed of the services", options.speed, "×"),
        Figure("records pulled", pulled), Figure("rows written", sent),
      ]
      for service in traffic {
        figures += [
          Figure("\(service.name) calls", service.calls),
          Figure("\(service.name) least time", service.leastSeconds / Double(options.speed), "s"),
          Figure("\(service.name) most arrivals in a second", service.secondMax),
          Figure("\(service.name) limit in a second", service.limit),
          Figure("\(service.name) refused with 429", service.refused),
        ]
      }
      return figures + [
        Figure("least time by the limits", least, "s"), Figure("time taken", seconds, "s"),
        Figure("ratio", seconds / least, digits: 3),
        Figure("CPU of the process", used / 1e9, "s"),
        Figure("CPU of the simulated services in it", simulated / 1e9, "s"),
        Figure(
          "CPU per record and row, services left out",
          (used - simulated) / 1000 / Double(max(1, pulled + sent)), "µs", digits: 1),
      ]
    }
  }
}

/// What a record costs in processor time: read and stored, then projected and written.
enum CPUBenchmark {
  @Sendable static func run(_ options: Options) throws(BenchmarkError) -> [Figure] {
    try TemporaryFolder.with { folder throws(BenchmarkError) in
      let rig = try Rig(options, .direct, folder: folder)
      defer { rig.close() }
      try rig.setUp()

      let beforePull = (cpu: Now.processCPU, service: rig.buildiumCPU)
      let pull = try rig.sync(.pull)
      let pullAll = Now.processCPU - beforePull.cpu
      let pullService = rig.buildiumCPU - beforePull.service
      // The service answers on the thread that asks, so its time is within the client's.
      let pullClient = rig.sourceMeter.nanoseconds - pullService
      let pulled = pull.rows.reduce(0) { $0 + $1.pulled }

      let beforePush = (cpu: Now.processCPU, service: rig.airtableCPU)
      let writing = rig.sinkMeter.nanoseconds
      let push = try rig.sync(.push)
      let pushAll = Now.processCPU - beforePush.cpu
      let pushService = rig.airtableCPU - beforePush.service
      let inWrites = rig.sinkMeter.nanoseconds - writing
      let pushClient = inWrites > pushService ? inWrites - pushService : 0
      let sent = push.rows.reduce(0) { $0 + $1.pushedCreated + $1.pushedUpdated }

      func each(_ name: String, _ nanoseconds: UInt64, _ count: Int) -> Figure {
        Figure(name, Double(nanoseconds) / 1000 / Double(max(1, count)), "µs", digits: 1)
      }
      let reading = pullAll - pullService
      let sending = pushAll - pushService
      return [
        Figure("records pulled", pulled), each("pull and store, per record", reading, pulled),
        each("  of it asking, decoding, mapping", pullClient, pulled),
        each("  of it storing", reading - min(reading, pullClient), pulled),
        Figure("rows written", sent), each("project and write, per row", sending, sent),
        each("  of it encoding, reading the answer", pushClient, sent),
        each("  of it projecting, keeping the state", sending - min(sending, pushClient), sent),
      ]
    }
  }
}
