/**
 * The strategy that an operator has chosen.
 * @module
 */
import { Poisson } from './poisson.js';
import { Pool } from './pool.js';
import type { Mixing, Strategy, StrategyDeps } from './strategy.js';

export const makeStrategy = <T>(mixing: Mixing, deps: StrategyDeps): Strategy<T> => {
  switch (mixing.kind) {
    case 'poisson':
      return new Poisson();
    case 'timed':
      return new Pool(deps, { ...mixing, rate: 1, minSize: 0, thinned: false });
    case 'pool':
      return new Pool(deps, { ...mixing, thinned: false });
    case 'binomial':
      return new Pool(deps, { ...mixing, thinned: true });
  }
};
