/** A consumer of Cloudflare Queues, as one stands in a Worker somewhere: nothing in it knows of Prinia. */

interface Upload {
  readonly file: string;
}

export default {
  async queue(batch: MessageBatch<Upload>): Promise<void> {
    for (const message of batch.messages) {
      if (message.body.file.endsWith(".part") && message.attempts === 1) message.retry({ delaySeconds: 0 });
      else if (message.body.file === "") throw new Error("an upload without a file");
      else message.ack();
    }
  },
};
