// Runs @cloud-copilot/iam-simulate as a program of its own: one JSON question a line on stdin, one JSON answer a line on
// stdout. {"ask": simulation} is answered with its verdict, {"time": simulation, "seconds": s} with runs per second.
import { createInterface } from 'node:readline'
import { runSimulation } from '@cloud-copilot/iam-simulate'

async function verdict(simulation) {
  const outcome = await runSimulation(simulation, {})
  return outcome.resultType === 'error' ? `error: ${JSON.stringify(outcome.errors)}` : outcome.overallResult
}

async function rate(simulation, seconds) {
  const start = process.hrtime.bigint()
  const spent = () => Number(process.hrtime.bigint() - start) / 1e9
  let count = 0
  for (; spent() < seconds; count++) await runSimulation(simulation, {})
  return count / spent()
}

for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line)
  const answer = 'ask' in question ? await verdict(question.ask) : await rate(question.time, question.seconds)
  process.stdout.write(JSON.stringify(answer) + '\n')
}
