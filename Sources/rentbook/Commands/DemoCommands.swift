import Background
import Domain
import Glibc
import Sandbox
import WebServer

/// `rentbook sandbox`, `rentbook demo`: simulated services on this machine.
enum DemoCommands {
  static let specs = [
    CommandSpec(
      "demo",
      options: [
        OptionSpec("--fresh", "Begin with an empty store; the demo always does."),
        OptionSpec("--serve-only", "Only the services; prints where they are, and waits."),
      ] + common + ScreenCommand.options,
      "Try everything on simulated services, without an account.", run: demo),
    CommandSpec(
      "sandbox",
      options: [
        OptionSpec("--buildium-port", "P", "The port of the simulated Buildium; 0 for any."),
        OptionSpec("--airtable-port", "P", "The port of the simulated Airtable; 0 for any."),
        OptionSpec("--propertyme-port", "P", "Without effect: PropertyMe is not simulated yet."),
      ] + common,
      "Run the simulated services and print where they are.", run: sandbox),
  ]

  private static let common = [
    OptionSpec("--properties", "N", "How many properties (12)."),
    OptionSpec("--units", "N", "How many units in all."),
    OptionSpec("--months", "N", "How many months of history (6)."),
    OptionSpec("--transactions", "N", "About how many transactions a month."),
    OptionSpec("--seed", "N", "Another seed is another portfolio (1)."),
    OptionSpec("--no-limits", "Do not limit the rate of calls."),
    OptionSpec("--speed", "N", "Run the services' time N times as fast, limits too (1)."),
    OptionSpec(
      "--fail", "WHAT", isRepeated: true, "Misbehave: 429=0.02,airtable.write.500=every:50 …"),
    OptionSpec("--sign", "magnitude|natural", "How lines of transactions are signed."),
    OptionSpec("--latency", "MS", "How long each answer takes."),
    OptionSpec("--still", "Nothing happens in the portfolio by itself."),
  ]

  private static func sandbox(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let cancellation = Interruption.install()
    if try invocation.integer("--propertyme-port", in: 0...65_535) != nil {
      Output.note("No PropertyMe is simulated yet: nothing will listen on --propertyme-port.")
    }
    let services = try SimulatedServices(
      invocation,
      buildiumPort: try invocation.integer("--buildium-port", in: 0...65_535) ?? 0,
      airtablePort: try invocation.integer("--airtable-port", in: 0...65_535) ?? 0)
    serve(services, until: cancellation)
    return .done
  }

  private static func demo(_ invocation: Invocation) throws(Failure) -> ExitCode {
    if invocation.flag("--serve-only") {
      let cancellation = Interruption.install()
      serve(try SimulatedServices(invocation), until: cancellation)
      return .done
    }
    return try DemoScreen.run(invocation)
  }

  /// Says where the services are, and keeps them until somebody asks to stop.
  private static func serve(_ services: SimulatedServices, until cancellation: Cancellation) {
    Output.line(JSONValue.object(services.announcement).text)
    while !cancellation.isCancelled { cancellation.wait(nanoseconds: 3_600_000_000_000) }
    services.stop()
  }
}

/// Buildium and Airtable, simulated in this process and served on this machine.
final class SimulatedServices: Sendable {
  let buildium: SandboxServer
  let airtable: SandboxServer
  private let buildiumOptions: BuildiumOptions
  private let airtableOptions: SandboxAirtable.Options
  private let simulation: SandboxBuildium
  /// Lets the portfolio go on: rents come in, bills arrive.
  private let ticker: PortfolioTicker?

  /// How often the portfolio moves on, in seconds of the services' time.
  private static let lifeSeconds = 10

  /// - Throws: a failure naming the option that is wrong, or the port that cannot be had.
  init(
    _ invocation: Invocation, buildiumPort: Int = 0, airtablePort: Int = 0
  ) throws(Failure) {
    let properties = try invocation.integer("--properties", in: 1...20_000) ?? 12
    let units = try invocation.integer("--units", in: properties...500_000) ?? properties * 4
    let seed = UInt64(try invocation.integer("--seed", in: 0...Int.max) ?? 1)
    let speed = Double(try invocation.integer("--speed", in: 1...10_000) ?? 1)
    let latency = try invocation.integer("--latency", in: 0...60_000) ?? 0
    let faults = try Self.faults(invocation)
    let system = SystemClock()
    let today = Instant(milliseconds: system.wallMilliseconds).date
    let portfolio = Portfolio(
      PortfolioOptions(
        properties: properties, units: units,
        months: try invocation.integer("--months", in: 1...240) ?? 6, seed: seed, today: today,
        transactionsPerMonth: try invocation.integer("--transactions", in: 1...1_000_000)))

    var buildiumOptions = BuildiumOptions()
    buildiumOptions.latencyMilliseconds = latency
    buildiumOptions.faults = faults
    buildiumOptions.seed = seed
    if let sign = invocation.text("--sign") {
      guard let convention = SignConvention(rawValue: sign) else {
        throw .usage("--sign takes magnitude or natural, not “\(sign)”.")
      }
      buildiumOptions.signConvention = convention
    }
    var airtableOptions = SandboxAirtable.Options()
    airtableOptions.latencyMilliseconds = latency
    airtableOptions.faults = faults
    airtableOptions.seed = seed
    airtableOptions.recordsPerBaseMax = 500_000
    if invocation.flag("--no-limits") {
      buildiumOptions.limit.isEnabled = false
      airtableOptions.liftLimits()
    }
    let clock = SandboxClock(system, speed: speed)
    let simulation = SandboxBuildium(portfolio, options: buildiumOptions, clock: clock)
    do throws(WebServerError) {
      buildium = try simulation.start(port: buildiumPort)
      airtable = try SandboxAirtable(airtableOptions, clock: clock).start(port: airtablePort)
    } catch {
      throw Failure("port", error.description, hint: "Name another port, or 0 for any free one.")
    }
    (self.buildiumOptions, self.airtableOptions) = (buildiumOptions, airtableOptions)
    self.simulation = simulation
    let seconds = max(1, Int((Double(Self.lifeSeconds) / speed).rounded()))
    ticker = invocation.flag("--still") ? nil : PortfolioTicker(simulation, every: seconds)
  }

  private static func faults(_ invocation: Invocation) throws(Failure) -> FaultPlan {
    let texts = invocation.texts("--fail")
    guard !texts.isEmpty else { return FaultPlan() }
    do throws(FaultPlanError) {
      return try FaultPlan(
        parsing: texts.joined(separator: ","), services: SandboxService.allCases.map(\.rawValue))
    } catch { throw .usage("--fail: \(error.problem): “\(error.part)”.") }
  }

  /// The line a program that started the services reads.
  var announcement: JSONObject {
    [
      "ready": true, "buildium": .string(buildium.url),
      "buildium_client_id": .string(buildiumOptions.clientId),
      "buildium_client_secret": .string(buildiumOptions.clientSecret),
      "airtable": .string(airtable.url), "airtable_token": .string(airtableOptions.token),
      "airtable_base": .string(airtableOptions.baseID), "propertyme": .null,
    ]
  }

  /// The same as variables of the environment.
  var environment: [String: String] {
    [
      "RENTBOOK_BUILDIUM_URL": buildium.url,
      "RENTBOOK_BUILDIUM_CLIENT_ID": buildiumOptions.clientId,
      "RENTBOOK_BUILDIUM_CLIENT_SECRET": buildiumOptions.clientSecret,
      "RENTBOOK_AIRTABLE_URL": airtable.url, "RENTBOOK_AIRTABLE_TOKEN": airtableOptions.token,
      "RENTBOOK_AIRTABLE_BASE": airtableOptions.baseID,
    ]
  }

  func stop() {
    ticker?.stop()
    simulation.stop()
    buildium.stop()
    airtable.stop()
  }
}
