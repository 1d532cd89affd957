// A portfolio at simulated services, a new store, and the engine between them: what `rentbook sync`
// puts together, in one process.
import Background
import Domain
import HTTP
import Providers
import Sandbox
import Storage
import Sync
import WebServer

/// How a rig reaches its services.
enum Way: Sendable {
  /// Over HTTP on this machine, at the services' limits, in a time so many times as fast.
  case network(speed: Int)
  /// By calling them, without limits.
  case direct
}

/// Everything a synchronization needs.
final class Rig: Sendable {
  /// Both limits as the services state them.
  private static let buildiumRate = 10, airtableRate = 5

  let store: Store
  let engine: SyncEngine
  /// Processor time of the source's and the sink's client, and of the services themselves.
  let sourceMeter = CPUMeter(), sinkMeter = CPUMeter()
  private let sink: AirtableProvider
  private let buildium: (simulation: SandboxBuildium, metered: MeteredService)
  private let airtable: (simulation: SandboxAirtable, metered: MeteredService)
  private let servers: [SandboxServer]
  private let calls: CallKeeper

  init(_ options: Options, _ way: Way, folder: String) throws(BenchmarkError) {
    let system = SystemClock()
    var buildiumOptions = BuildiumOptions()
    var airtableOptions = SandboxAirtable.Options()
    airtableOptions.recordsPerBaseMax = 5_000_000
    let speed: Int
    switch way {
    case .network(let factor): speed = factor
    case .direct:
      speed = 1
      buildiumOptions.liftLimits()
      airtableOptions.liftLimits()
    }
    let clock = SandboxClock(system, speed: Double(speed))
    let portfolio = Portfolio(
      PortfolioOptions(
        properties: options.properties, units: options.units, months: options.months, seed: 1,
        today: Instant(milliseconds: system.wallMilliseconds).date))
    let source = SandboxBuildium(portfolio, options: buildiumOptions, clock: clock)
    let target = SandboxAirtable(airtableOptions, clock: clock)
    buildium = (source, MeteredService(source))
    airtable = (target, MeteredService(target))

    let sealing = try BenchSealing()
    do throws(StorageError) {
      store = try Store(path: folder + "/bench.sqlite", sealing: sealing) {
        Instant(milliseconds: system.wallMilliseconds)
      }
    } catch { throw BenchmarkError("The store cannot be made: \(error.message)") }

    let calls = CallKeeper(store, system)
    self.calls = calls
    var addresses = ["http://127.0.0.1", "http://127.0.0.1"]
    let http: (buildium: any HTTPSending, airtable: any HTTPSending)
    switch way {
    case .direct:
      http = (DirectSender(buildium.metered), DirectSender(airtable.metered))
      servers = []
    case .network:
      do throws(WebServerError) {
        servers = [try buildium.metered.start(), try airtable.metered.start()]
      } catch { throw BenchmarkError("No port for a service: \(error.description)") }
      addresses = servers.map(\.url)
      let curl = CurlClient()
      // The services' time passes faster for the client too: its pacing is at work with the true
      // limits, and only the way there and back, which does not shrink, weighs more.
      let paced = FasterClock(speed: UInt64(speed))
      var paces = (buildium: PacePolicy.buildium(), airtable: PacePolicy.airtable())
      paces.buildium.spreadMilliseconds *= speed
      paces.airtable.spreadMilliseconds *= speed
      http = (
        ServiceClient(
          name: Service.buildium.rawValue, sender: curl,
          pacer: Pacer(paces.buildium, clock: paced), clock: paced,
          onCall: { calls.add($0, .buildium) }),
        ServiceClient(
          name: Service.airtable.rawValue, sender: curl,
          pacer: Pacer(paces.airtable, clock: paced), clock: paced,
          classify429: { AirtableLimit.of($0) == .monthlyQuota ? .quota : .rate },
          onCall: { calls.add($0, .airtable) })
      )
    }
    let ids = Lock<String?>(nil)
    sink = AirtableProvider(
      api: AirtableAPI(
        base: airtableOptions.baseID, token: airtableOptions.token, address: addresses[1],
        http: http.airtable),
      memory: AirtableMemory(
        load: { ids.withLock(\.self) }, save: { text in ids.withLock { $0 = text } }),
      clock: system)
    engine = SyncEngine(
      store: store,
      source: MeteredSource(
        provider: BuildiumProvider(
          api: BuildiumAPI(
            baseURL: addresses[0],
            credentials: .apiKey(
              clientID: buildiumOptions.clientId, secret: buildiumOptions.clientSecret),
            http: http.buildium, clock: system), clock: system), meter: sourceMeter),
      sink: MeteredSink(provider: sink, meter: sinkMeter), clock: system)
  }

  /// Makes the tables in the simulated base; these calls do not count as the run's.
  func setUp() throws(BenchmarkError) {
    do throws(ProviderError) {
      let result = try sink.setUp(isDryRun: false, Cancellation())
      if let stopped = result.stopped { throw stopped }
    } catch { throw BenchmarkError("The base cannot be set up: \(error.message)") }
    buildium.simulation.gate.journal.clear()
    airtable.simulation.gate.journal.clear()
  }

  /// One half of a first synchronization, or both.
  ///
  /// - Throws: why it stopped, or which records were refused: figures of such a run say nothing.
  func sync(_ direction: SyncOptions.Direction) throws(BenchmarkError) -> SyncReport {
    let report: SyncReport
    do throws(SyncError) {
      report = try engine.run(SyncOptions(isFull: direction != .push, direction: direction))
    } catch { throw BenchmarkError("The synchronization stopped: \(error)") }
    let failed = report.rows.reduce(0) { $0 + $1.failed }
    guard failed == 0 else {
      throw BenchmarkError("\(failed) records failed. \(report.messages.first ?? "")")
    }
    calls.flush()
    return report
  }

  /// Processor time of the simulated services themselves.
  var servicesCPU: UInt64 {
    buildium.metered.meter.nanoseconds + airtable.metered.meter.nanoseconds
  }

  var buildiumCPU: UInt64 { buildium.metered.meter.nanoseconds }
  var airtableCPU: UInt64 { airtable.metered.meter.nanoseconds }

  var traffic: [ServiceTraffic] {
    [
      ServiceTraffic(
        name: "Buildium", buildium.simulation.gate.journal.summary, limit: Self.buildiumRate),
      ServiceTraffic(
        name: "Airtable", airtable.simulation.gate.journal.summary, limit: Self.airtableRate),
    ]
  }

  func close() {
    for server in servers { server.stop() }
    buildium.simulation.stop()
    store.close()
  }
}
