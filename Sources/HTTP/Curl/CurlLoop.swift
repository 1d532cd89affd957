import Background
import CCurl
import Glibc

/// The thread that owns curl's handles: starts transfers, moves them on, ends them.
///
/// curl repeats a request by itself when a kept connection turns out to be closed, a POST as well;
/// that could post money twice and would bypass the pacer. It asks before each writing, though, and
/// the second time is refused here: the caller gets an error that says the request may have landed.
final class CurlLoop {
  enum Command: Sendable {
    case start(CurlJob)
    case cancel(CurlJob)
    case stop
  }

  private let multi: CurlMulti
  private let mailbox: Mailbox<Command>
  private let settings: CurlClient.Settings
  private var transfers: [UnsafeMutableRawPointer: CurlTransfer] = [:]
  private var idle: [CurlTransfer] = []
  private var isStopping = false

  /// Handles kept for the next requests; each takes about 5 kB.
  private static let idleMax = 64
  /// Waiting ends at the next post or event of a connection; this only bounds it.
  private static let longestWaitMilliseconds: Int32 = 600_000

  init(multi: CurlMulti, mailbox: Mailbox<Command>, settings: CurlClient.Settings) {
    (self.multi, self.mailbox, self.settings) = (multi, mailbox, settings)
  }

  func run() {
    Self.blockBrokenPipeSignal()
    while true {
      for command in mailbox.takeAll() { obey(command) }
      if isStopping { return }
      var running: Int32 = 0
      curl_multi_perform(multi.pointer, &running)
      finishDone()
      curl_multi_poll(multi.pointer, nil, 0, Self.longestWaitMilliseconds, nil)
    }
  }

  /// Writing to a closed connection is an error here and must not end the program; curl leaves
  /// that to whoever forbids it signals.
  private static func blockBrokenPipeSignal() {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
  }

  private func obey(_ command: Command) {
    switch command {
    case .start(let job):
      // A cancellation that came first has no transfer to end.
      if job.cancellation.isCancelled {
        job.reply.post(.failure(Self.cancelled(job, mayHaveLanded: false)))
      } else {
        start(job)
      }
    case .cancel(let job):
      for transfer in transfers.values where transfer.job === job {
        end(transfer, .failure(Self.cancelled(job, mayHaveLanded: transfer.isWritten)))
        return
      }
    case .stop:
      isStopping = true
      for transfer in transfers.values {
        guard let job = transfer.job else { continue }
        end(transfer, .failure(Self.cancelled(job, mayHaveLanded: transfer.isWritten)))
      }
    }
  }

  private func start(_ job: CurlJob) {
    guard let transfer = idle.popLast() ?? CurlTransfer() else {
      job.reply.post(
        .failure(TransferError(.noConnection, "\(job.address.host): no memory for the request.")))
      return
    }
    transfer.prepare(job, settings)
    transfers[transfer.handle] = transfer
    curl_multi_add_handle(multi.pointer, transfer.handle)
  }

  private func finishDone() {
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi.pointer, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let handle = message.pointee.easy_handle,
        let transfer = transfers[handle]
      else { continue }
      end(transfer, transfer.result(rb_curl_result(message)))
    }
  }

  private func end(_ transfer: CurlTransfer, _ result: Result<HTTPResponse, TransferError>) {
    curl_multi_remove_handle(multi.pointer, transfer.handle)
    transfers[transfer.handle] = nil
    let job = transfer.job
    transfer.clear()
    if idle.count < Self.idleMax { idle.append(transfer) }
    job?.reply.post(result)
  }

  private static func cancelled(_ job: CurlJob, mayHaveLanded: Bool) -> TransferError {
    TransferError(
      .cancelled, "\(job.address.host): stopped on request.", mayHaveLanded: mayHaveLanded)
  }
}
