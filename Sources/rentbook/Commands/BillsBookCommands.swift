import Domain
import Storage

/// `rentbook bills` for what becomes of payments, and for what people write down.
enum BillsBookCommands {
  private static let user = BillsCaller.userOption

  static let specs: [CommandSpec] = [
    CommandSpec(
      "bills void-payment", "PAYMENT",
      options: [
        OptionSpec("--reason", "TEXT", "Why: stopped, returned by the bank, entered twice."),
        OptionSpec("--date", "DATE", "The day it is taken back; today unless said."), user,
      ], "Take a payment back; the bills it settled are open again.", run: voidPayment),
    CommandSpec(
      "bills comment", "ID", options: [OptionSpec("--text", "TEXT", "What to write down."), user],
      "Write a comment into a bill's trail.", run: comment),
    CommandSpec(
      "bills told", "ITEM...",
      options: [OptionSpec("--dismiss", "Buildium need not be told."), user],
      "Note that Buildium was told by hand what its API does not take.", run: told),
  ]

  private static func voidPayment(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try BillsCaller.run(invocation) { caller throws(Failure) in
      guard let reason = invocation.text("--reason") else {
        throw .usage("“rentbook bills void-payment” needs --reason TEXT.")
      }
      let text = invocation.positionals[0]
      let payment = try caller.record(.transactions, text, "payment")
      let date = try caller.day("--date")
      let user = caller.user
      let outcome = try caller.workspace.onStore { store throws(StorageError) in
        try store.voidPayment(payment, reason: reason, on: date, by: user)
      }
      switch outcome {
      case nil: throw .usage("There is no payment “\(text)”.")
      case .refused(let refusal): throw BillsOutput.failure(refusal, "Payment \(text)")
      case .done(let reversal, let amount):
        return try caller.finish([
          "payment": .string(payment), "reversal": .string(reversal),
          "amount": .string(amount.description),
        ]) {
          Output.line("Payment \(text) of \(amount) is taken back; its bills are open again.")
        }
      }
    }
  }

  private static func comment(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try BillsCaller.run(invocation) { caller throws(Failure) in
      guard let text = invocation.text("--text") else {
        throw .usage("“rentbook bills comment” needs --text TEXT.")
      }
      let bill = try caller.bill(invocation.positionals[0])
      let user = caller.user
      let refusal = try caller.workspace.onStore { store throws(StorageError) in
        try store.comment(on: bill, text, by: user)
      }
      if let refusal { throw BillsOutput.failure(refusal, "Bill \(invocation.positionals[0])") }
      return try caller.finish(["bill": .string(bill), "text": .string(text)]) {
        Output.line("It stands in the bill's trail.")
      }
    }
  }

  private static func told(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try BillsCaller.run(invocation) { caller throws(Failure) in
      let (user, isTold) = (caller.user, !invocation.flag("--dismiss"))
      var refused: [Refusal] = []
      for item in invocation.positionals {
        let refusal = try caller.workspace.onStore { store throws(StorageError) in
          try store.settleReconcilingItem(item, isTold: isTold, by: user)
        }
        if let refusal { refused.append(refusal) }
      }
      if let first = refused.first { throw BillsOutput.failure(first, "") }
      return try caller.finish(["settled": .int(invocation.positionals.count)]) {
        Output.line("Noted for \(invocation.positionals.count).")
      }
    }
  }
}
