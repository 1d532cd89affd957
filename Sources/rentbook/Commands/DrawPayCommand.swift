import Domain
import Reports
import Storage

/// `rentbook draws pay`: release what an owner is paid, after working it out again.
enum DrawPayCommand {
  static let spec = CommandSpec(
    "draws pay",
    options: [
      MonthOptions.month, OptionSpec("--property", "ID", "The property."),
      OptionSpec("--owner", "ID", "The owner."), OptionSpec("--amount", "A", "How much."),
      OptionSpec("--reference", "TEXT", "A check's number; tells two payments apart."),
      OptionSpec("--second", "NAME", "Who answers for paying more than the draw, with --reason."),
      OptionSpec("--reason", "TEXT", "Why."),
      OptionSpec("--user", "NAME", "Who acts; else RENTBOOK_USER."),
    ],
    "Release a declared draw for payment: worked out again, never twice, never tenants' money. The "
      + "check itself is written in Buildium.", run: run)

  private static func run(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let month = try MonthOptions.month(invocation)
    guard let property = invocation.text("--property"), let owner = invocation.text("--owner"),
      let amount = invocation.text("--amount").flatMap({ Money($0) })
    else { throw .usage("“draws pay” needs --property, --owner and --amount.") }
    var request = DrawPaymentRequest(
      month: month, property: property, owner: owner, amount: amount)
    request.reference = invocation.text("--reference") ?? ""
    if let second = invocation.text("--second") {
      request.override = (second, invocation.text("--reason") ?? "")
    }
    let workspace = try Workspace(invocation)
    defer { workspace.close() }
    let actor = MonthOptions.actor(invocation, workspace)
    let today = Instant(milliseconds: workspace.clock.wallMilliseconds).date
    let asked = request
    let outcome = try workspace.onStore { store throws(StorageError) in
      try store.releaseDraw(asked, today: today, actor: actor)
    }
    switch outcome {
    case .refused(let why): throw Failure("refused", why, hint: "Nothing was released.")
    case .known:
      return StoreCommands.done(
        invocation, ["outcome": "known", "amount": .money(amount)],
        "This was released before; nothing was done. Another payment needs another --reference.")
    case .released(let left):
      return StoreCommands.done(
        invocation,
        ["outcome": "released", "amount": .money(amount), "left": .money(left)],
        "\(amount) is released; \(left) of the draw is left. Write the check in Buildium.")
    }
  }
}
