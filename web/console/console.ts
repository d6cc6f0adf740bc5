import './core/ticking';
import './shell';
